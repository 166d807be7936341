"""Who counts as this machine itself."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from deployments.wire.peer import is_loopback, is_this_machine


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
     ("localhost", True), ("::1%lo", True), ("10.0.0.1", False), ("0.0.0.0", False), ("", False),  # noqa: S104
     ("::ffff:10.0.0.1", False), ("localhost.example.com", False), ("unix", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_peer_that_speaks_for_another_is_somebody_else() -> None:
    def seen(client: tuple[str, int] | None, *headers: tuple[bytes, bytes]) -> bool:
        scope = {"type": "http", "client": client, "headers": list(headers)}
        return is_this_machine(Request(scope))

    assert seen(("127.0.0.1", 1))
    assert not seen(("127.0.0.1", 1), (b"x-forwarded-for", b"127.0.0.1"))
    assert not seen(("127.0.0.1", 1), (b"via", b"1.1 proxy"))
    assert not seen(("10.0.0.1", 1))
    assert not seen(None)
