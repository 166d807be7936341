"""The wire below the official SDKs, by aiohttp: their own transport takes twice the time for it.

It raises httpx2's errors, which is what the SDKs expect, and says exactly whether a byte may have
left: ConnectError and ConnectTimeout mean that no connection came about, everything else may.
aiohttp is imported in this file only, when the first request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

# Less than servers keep a connection, uvicorn five seconds: one must not close as we send on it.
_IDLE_S = 2.0
# A row of headers this long is no provider's.
_LONGEST_HEADER = 32 * 1024


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """HTTP/1.1 without proxy, redirect, retry, cookie or compression.

    Certificates are checked against the machine's own. A body that is sent is never sent twice.
    """

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response as its headers came; raises httpx2.TransportError."""
        session = self._session or self._open()
        body = await request.aread()
        try:
            response = await session.request(
                request.method,
                _address(request.url),
                data=body or None,
                headers=_headers(request),
                timeout=_timeout(request.extensions.get("timeout", {})),
                allow_redirects=False,
            )
        except Exception as error:
            raise _error(error, request) from error
        return httpx2.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response, request),
            request=request,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> ClientSession:
        """The session; it belongs to the event loop that sends the first request."""
        import aiohttp

        connector = aiohttp.TCPConnector(
            ssl=httpx2.create_ssl_context(trust_env=False),
            limit=0,
            keepalive_timeout=_IDLE_S,
            use_dns_cache=False,
            resolver=aiohttp.ThreadedResolver(),
        )
        self._session = session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("user-agent", "accept", "accept-encoding", "content-type"),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )
        # It would ask again by itself when a kept connection has been closed; nothing of ours is.
        session._retry_connection = False
        return session


class _Body(httpx2.AsyncByteStream):
    """What comes back, in the pieces in which it came."""

    def __init__(self, response: ClientResponse, request: httpx2.Request) -> None:
        self._response = response
        self._request = request

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._response.content.readany()
        except Exception as error:
            raise _error(error, self._request) from error
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Give the connection back if all was read, else close it."""
        self._response.close()


def _address(url: httpx2.URL) -> Any:
    from yarl import URL

    return URL(str(url), encoded=True)


def _headers(request: httpx2.Request) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw]


def _timeout(limits: Any) -> Any:
    from aiohttp import ClientTimeout

    return ClientTimeout(total=None, connect=limits.get("connect"), sock_read=limits.get("read"))


def _error(error: Exception, request: httpx2.Request) -> Exception:
    """What httpx2 would have raised; whatever is neither a connection's nor HTTP's stays as it is.

    The order counts: aiohttp's errors of a connection that did not come about are errors of one
    that broke, too.
    """
    import aiohttp

    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx2.ConnectTimeout("no connection in time", request=request)
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx2.ConnectError("no connection", request=request)
    if isinstance(error, TimeoutError):
        return httpx2.ReadTimeout("nothing came for too long", request=request)
    if isinstance(error, aiohttp.ClientResponseError):
        return httpx2.RemoteProtocolError("no HTTP came back", request=request)
    if isinstance(error, aiohttp.ClientError | OSError):
        return httpx2.ReadError("the connection broke", request=request)
    return error
