"""What a provider says against a request, as the SDK finds it."""

from __future__ import annotations

import httpx2
import pytest

from models.remote.openai_compatible import _refused


@pytest.mark.parametrize(
    ("body", "message", "told"),
    [
        (b'{"error": {"message": "No.", "code": "x"}}', "No.", {"message": "No.", "code": "x"}),
        (b'{"message": "No."}', "No.", {"message": "No."}),
        (b'{"error": {"message": 7}}', "", {"message": 7}),
        (b'"No."', "", "No."),
        (b"<html>", "", None),
        (b"[" * 100_000, "", None),
    ],
)
def test_any_body_is_read(body: bytes, message: str, told: object) -> None:
    assert _refused(httpx2.Response(400, content=body)) == (message, told)
