"""Whether a request comes from this machine itself."""

from __future__ import annotations

import ipaddress

from starlette.requests import Request

_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def is_this_machine(request: Request) -> bool:
    """Whether the peer is on loopback and speaks for nobody else.

    A request that a proxy passed on is somebody else's, whoever its headers name: a client writes
    them as it likes. Ray's HAProxy adds none, so this says something only behind a front that
    itself listens on loopback.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    return request.client is not None and is_loopback(request.client.host)


def is_loopback(host: str) -> bool:
    """Whether the address is one of this machine's loopback, in IPv4, IPv6 or as a name."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
