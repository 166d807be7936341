"""A socket guard for tests: connections stay on this machine, or are refused and written down."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class NetworkRefused(OSError):
    """A connection outside loopback was refused by the guard."""

    def __init__(self, target: str) -> None:
        super().__init__(errno.ENETUNREACH, f"tests stay on this machine and don't reach {target}")


class LoopbackGuard:
    """Replaces `connect`, `connect_ex`, `sendto` and name look-ups of this process's sockets."""

    def __init__(self, on_refusal: Callable[[str], None] | None = None) -> None:
        self.attempts: list[str] = []
        self._on_refusal = on_refusal or self.attempts.append
        self._saved: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        for name in ("connect", "connect_ex"):
            self._wrap_method(name, position=0)
        self._wrap_method("sendto", position=-1)
        self._wrap_lookup()

    def remove(self) -> None:
        for owner, name, original in reversed(self._saved):
            setattr(owner, name, original)
        self._saved.clear()

    def _wrap_method(self, name: str, position: int) -> None:
        original = getattr(socket.socket, name)

        def guarded(sock: socket.socket, *args: Any) -> Any:
            # Connecting a datagram socket sends nothing: libraries learn their own address by it.
            if name == "sendto" or sock.type != socket.SOCK_DGRAM:
                self._check(sock, args[position])
            return original(sock, *args)

        self._replace(socket.socket, name, guarded, original)

    def _wrap_lookup(self) -> None:
        original = socket.getaddrinfo

        def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host is not None and not is_local_host(_text(host)):
                self._refuse(_text(host))
            return original(host, *args, **kwargs)

        self._replace(socket, "getaddrinfo", guarded, original)

    def _replace(self, owner: Any, name: str, guarded: Any, original: Any) -> None:
        self._saved.append((owner, name, original))
        setattr(owner, name, guarded)

    def _check(self, sock: socket.socket, address: Any) -> None:
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host = _text(address[0])
        if is_local_host(host):
            return
        self._refuse(host)

    def _refuse(self, host: str) -> None:
        self._on_refusal(host)
        raise NetworkRefused(host)


def is_local_host(host: str) -> bool:
    """Whether a name or address means this machine's loopback (or any address, to bind)."""
    if host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or is_own(address)


def is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an interface of this machine has the address: Ray's processes meet on it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def _text(host: Any) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)
