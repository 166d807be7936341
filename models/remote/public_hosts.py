"""Connections to public addresses alone: a name may lead to one inside, now or a moment later.

The name is resolved here and the very address that was looked at is connected to, so that a name
server that answers otherwise the second time changes nothing. TLS still checks the name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpcore2
import httpx2

from models.errors import ModelUnavailable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


def is_public(address: str) -> bool:
    """Whether it is an address of the internet, whatever it is wrapped in; a wrong one is not."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        # Addresses of translators (RFC 6052, RFC 8215) are among the reserved ones.
        if found.sixtofour or found.teredo:
            return False
        found = found.ipv4_mapped or found
    return found.is_global and not found.is_multicast and not _is_reserved(found)


def _is_reserved(found: IPv4Address | IPv6Address) -> bool:
    return found.is_reserved or found.is_unspecified


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine's own resolver gives them."""
    loop = asyncio.get_running_loop()
    rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


class PublicHosts(httpcore2.AsyncNetworkBackend):
    """Connects to a name only if every address of it is public; raises ModelUnavailable."""

    def __init__(self, inner: httpcore2.AsyncNetworkBackend, resolve: Resolve = resolved) -> None:
        self._inner = inner
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name has no address") from error
        if not found or not all(map(is_public, found)):
            raise ModelUnavailable(
                "A host of pictures has an address that is not public; none is fetched. If it is"
                " your own server, say private_assets in its row."
            )
        return await self._inner.connect_tcp(found[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class PublicTransport(httpx2.AsyncHTTPTransport):
    """The library's transport, whose connections are made by `PublicHosts`."""

    def __init__(self) -> None:
        super().__init__(verify=True, trust_env=False, retries=0)
        context = httpx2.create_ssl_context(verify=True, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context, network_backend=PublicHosts(httpcore2.AnyIOBackend())
        )
