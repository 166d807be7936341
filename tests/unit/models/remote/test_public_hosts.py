"""Which addresses are of the internet, and that a name is connected to by the one looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2
import pytest

from models.errors import ModelUnavailable
from models.remote.public_hosts import PublicHosts, is_public

INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1",  # noqa: S104 - no binding
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2001:0:53aa:64c::1", "", "localhost", "127.1",
    "0x7f000001", "2130706433",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14")


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_none_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is(address: str) -> None:
    assert is_public(address)


class Connected(httpcore2.AsyncNetworkBackend):
    """Notes the addresses that are connected to."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.seen.append(host)
        return httpcore2.AsyncMockStream([])


def answering(*answers: Sequence[str]) -> Any:
    """A resolver that says one thing after another."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0)

    return resolve


async def test_the_address_that_was_looked_at_is_connected_to() -> None:
    """A name server that says another address the second time is not asked a second time."""
    inner = Connected()
    await PublicHosts(inner, answering([PUBLIC[0]], ["127.0.0.1"])).connect_tcp("cdn.test", 443)
    assert inner.seen == [PUBLIC[0]]


@pytest.mark.parametrize("found", [["10.0.0.1"], [PUBLIC[0], "127.0.0.1"], ["::ffff:10.0.0.1"], []])
async def test_one_address_inside_is_enough_to_stay_away(found: Sequence[str]) -> None:
    inner = Connected()
    with pytest.raises(ModelUnavailable, match="not public"):
        await PublicHosts(inner, answering(found)).connect_tcp("cdn.test", 443)
    assert inner.seen == []
