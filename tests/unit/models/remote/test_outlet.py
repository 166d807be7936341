"""The one way out: one address, the listed headers, and so many bytes each way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from models.errors import BodyTooLarge, InternalError, ModelUnavailable
from models.remote.outlet import HEADERS, outlet_client
from models.remote.wire_settings import WireSettings

BASE = "https://api.example:8443/v1"
SETTINGS = WireSettings(request_bytes=1024, response_bytes=2048)


class Pieces(httpx2.AsyncByteStream):
    """The bytes of an answer in two halves; knows whether it was put away."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = len(self.data) // 2
        yield self.data[:half]
        yield self.data[half:]

    async def aclose(self) -> None:
        self.closed = True


class Wire(httpx2.AsyncBaseTransport):
    """Keeps the requests that got out; answers each with the same bytes."""

    def __init__(self, data: bytes = b"ok", status: int = 200, **headers: str) -> None:
        self.seen: list[httpx2.Request] = []
        self.stream = Pieces(data)
        self._status, self._headers = status, headers

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return httpx2.Response(self._status, headers=self._headers, stream=self.stream)


async def ask(wire: Wire, address: str = f"{BASE}/chat", **fields: Any) -> httpx2.Response:
    async with outlet_client(BASE, SETTINGS, frozenset({"x-own"}), wire) as client:
        return await client.post(address, **fields)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example:8443/v1/chat",
        "https://other.example:8443/v1/chat",
        "https://api.example:8444/v1/chat",
        "https://api.example/v1/chat",
        "https://api.example:8443/v2/chat",
        "https://api.example:8443/v1evil/chat",
        "https://api.example:8443/v1",
        "https://api.example:8443/v1/../v2",
        "https://api.example:8443/v1/%2e%2e/v2",
        "https://api.example:8443/v1/..%2fv2",
        "https://api.example:8443/v1/..%5cv2",
    ],
)
async def test_nothing_goes_to_another_address(address: str) -> None:
    wire = Wire()
    assert (await ask(wire)).status_code == 200
    with pytest.raises(InternalError):
        await ask(wire, address)
    assert [str(one.url) for one in wire.seen] == [f"{BASE}/chat"]


async def test_a_base_without_a_path_is_the_whole_host() -> None:
    wire = Wire()
    async with outlet_client("https://api.example", SETTINGS, inner=wire) as client:
        assert (await client.get("https://api.example/any..thing")).status_code == 200
    assert len(wire.seen) == 1


async def test_only_the_listed_headers_leave() -> None:
    wire = Wire()
    sent = {"authorization": "Bearer k", "X-Own": "1", "x-stainless-os": "Linux", "cookie": "a=b"}
    await ask(wire, headers=sent, json={})
    (request,) = wire.seen
    names = set(request.headers)
    assert {"authorization", "x-own", "content-type", "content-length"} <= names
    assert names <= HEADERS | {"x-own", "user-agent", "accept-encoding"}
    assert request.headers["user-agent"] == "podium"
    assert request.headers["accept-encoding"] == "identity"


async def test_a_request_of_just_so_many_bytes_leaves_and_no_larger_one() -> None:
    wire = Wire()
    await ask(wire, content=b"x" * 1024)
    with pytest.raises(BodyTooLarge):
        await ask(wire, content=b"x" * 1025)
    assert len(wire.seen) == 1


async def test_a_request_that_does_not_say_its_length_stays_inside() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    wire = Wire()
    await ask(wire, content=b"x")
    with pytest.raises(InternalError):
        await ask(wire, content=pieces())
    assert len(wire.seen) == 1


@pytest.mark.parametrize("said", [{}, {"content-length": "1"}, {"content-length": "no number"}])
async def test_no_more_comes_back_than_its_row_allows(said: dict[str, str]) -> None:
    assert (await ask(Wire(b"x" * 2048, **said))).content == b"x" * 2048
    with pytest.raises(ModelUnavailable, match="larger"):
        await ask(Wire(b"x" * 2049, **said))


async def test_an_answer_that_says_it_is_too_large_is_not_read() -> None:
    assert (await ask(Wire(b"x", **{"content-length": "2048"}))).status_code == 200
    wire = Wire(b"x", **{"content-length": "2049"})
    with pytest.raises(ModelUnavailable, match="larger"):
        await ask(wire)
    assert wire.stream.closed


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    wire = Wire(b"", 302, location=f"{BASE}/elsewhere")
    assert (await ask(wire)).status_code == 302
    assert len(wire.seen) == 1
