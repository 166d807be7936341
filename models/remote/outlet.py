"""The one way out: an HTTP client that reaches one base URL and nothing else.

No proxy and no certificate paths from the environment, no redirects, no retries, a fixed list of
headers, a cap on the bytes that leave and on those that come back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx2

from models.errors import BodyTooLarge, InternalError, ModelUnavailable
from models.remote.aiohttp_transport import AiohttpTransport
from models.remote.answer_watch import answer_came
from models.remote.wire_settings import WireSettings

HEADERS = frozenset(
    {"host", "accept", "authorization", "content-type", "content-length", "connection"}
)
# No compression: the cap on what comes back would count the packed bytes.
_OWN = ((b"user-agent", b"podium"), (b"accept-encoding", b"identity"))

TOO_LARGE = "The provider's answer is larger than its row allows."


class Outlet(httpx2.AsyncBaseTransport):
    """Passes on what goes to `base_url`; anything else is a fault of ours and stays inside.

    Raises ModelUnavailable when more than `response_bytes` come back.
    """

    def __init__(
        self,
        base_url: str,
        request_bytes: int,
        response_bytes: int,
        inner: httpx2.AsyncBaseTransport | None = None,
        headers: frozenset[str] = frozenset(),
    ) -> None:
        self._base = httpx2.URL(base_url)
        self._headers = HEADERS | headers
        self._request_bytes = request_bytes
        self._response_bytes = response_bytes
        self._inner = inner or AiohttpTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._check(request)
        headers = [(name, value) for name, value in request.headers.raw if self._may(name)]
        request.headers = httpx2.Headers([*headers, *_OWN])
        response = await self._inner.handle_async_request(request)
        told = _plain(response.headers)
        answer_came(response.status_code, told)
        if _announced(told) > self._response_bytes:
            await response.aclose()
            raise ModelUnavailable(TOO_LARGE)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - an async transport's
        response.stream = _Capped(stream, self._response_bytes)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _may(self, name: bytes) -> bool:
        return name.decode("ascii", "replace").lower() in self._headers

    def _check(self, request: httpx2.Request) -> None:
        url, base = request.url, self._base
        same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
        # The path is decoded here, but not on the wire: a server may read %2e%2e as a step up.
        inside = url.path.startswith(base.path.rstrip("/") + "/") and ".." not in _steps(url.path)
        if not same or not inside:
            raise InternalError("A request was meant for an address other than its provider's.")
        if "transfer-encoding" in request.headers:
            raise InternalError("A request that does not say its length was meant to leave.")
        if int(request.headers.get("content-length", "0")) > self._request_bytes:
            raise BodyTooLarge("The request is too large to leave; send less.")


def _steps(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")


def _announced(headers: Mapping[str, str]) -> int:
    """The bytes that an answer says it has; 0 when it does not say."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _plain(headers: httpx2.Headers) -> dict[str, str]:
    """The headers, names in lower case; the library's own look-up reads them all every time."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers.raw}


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise ModelUnavailable(TOO_LARGE)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def outlet_client(
    base_url: str,
    settings: WireSettings,
    headers: frozenset[str] = frozenset(),
    inner: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client that can reach `base_url` only; `headers` are let through besides the usual ones."""
    transport = Outlet(base_url, settings.request_bytes, settings.response_bytes, inner, headers)
    return httpx2.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(settings.silence_s, connect=settings.connect_s),
    )
