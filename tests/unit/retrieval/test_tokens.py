"""The token estimate."""

from __future__ import annotations

import pytest

from retrieval.tokens import estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a b c", 3), ("internationally", 3), ("4217.", 2), ("漢字", 2), ("naïve", 2)],
)
def test_estimate(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens
