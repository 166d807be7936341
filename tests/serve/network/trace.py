"""What a trace of `strace -f -y` says about the network: who wanted to reach which address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SYSCALLS = "socket,connect,sendto,sendmsg,sendmmsg"
STRACE = ("strace", "-f", "-y", "--seccomp-bpf", "-qq", "-e", f"trace={SYSCALLS}",
          "-e", "signal=none")  # fmt: skip
_LINE = re.compile(r"^(?P<tid>\d+)\s+(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<tid>\d+)\s+<\.\.\. socket resumed>(?P<rest>.*)$")
_SOCKET = re.compile(r"^\d+<(?:socket|\w+):\[(?P<inode>\d+)\]>")
_MADE = re.compile(r"= \d+<(?:socket|\w+):\[(?P<inode>\d+)\]>")
_V4 = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_V6 = re.compile(r'sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Reach:
    """One call that named, or went on to, an address outside loopback."""

    tid: int
    call: str
    address: str
    port: int
    kind: str

    @property
    def target(self) -> tuple[str, str, int]:
        """What was asked of whom: the call, the address and its port."""
        return (f"{self.call} {self.kind}", self.address, self.port)


@dataclass
class Trace:
    """Reads lines one by one; remembers of which kind a socket is and where it was connected to."""

    lines: int = 0
    named: int = 0
    _kinds: dict[str, str] = field(default_factory=dict)
    _pending: dict[str, str] = field(default_factory=dict)
    _outside: dict[str, tuple[str, int]] = field(default_factory=dict)

    def outside(self, lines: Iterable[str]) -> Iterator[Reach]:
        """Every call towards an address outside loopback."""
        for line in lines:
            if resumed := _RESUMED.match(line):
                self._made(self._pending.pop(resumed["tid"], "") + resumed["rest"])
            elif found := _LINE.match(line):
                self.lines += 1
                yield from self._read(found["tid"], found["call"], found["rest"])

    def _read(self, tid: str, call: str, rest: str) -> Iterator[Reach]:
        if call == "socket":
            self._pending[tid] = rest
            self._made(rest)
            return
        place = _SOCKET.match(rest)
        inode = place["inode"] if place else ""
        targets = _addresses(rest)
        self.named += len(targets)
        abroad = [one for one in targets if not is_loopback(one[0])]
        if call == "connect":
            self._connected(inode, abroad)
        elif not targets and inode in self._outside:
            # No name on it: it goes where its socket was connected to.
            abroad = [self._outside[inode]]
        for address, port in abroad:
            yield Reach(int(tid), call, address, port, self._kinds.get(inode, "unknown"))

    def _made(self, rest: str) -> None:
        made = _MADE.search(rest)
        if made is not None:
            self._kinds[made["inode"]] = "datagram" if "SOCK_DGRAM" in rest else "stream"
            self._outside.pop(made["inode"], None)

    def _connected(self, inode: str, abroad: list[tuple[str, int]]) -> None:
        if abroad:
            self._outside[inode] = abroad[0]
        else:
            self._outside.pop(inode, None)


def _addresses(text: str) -> list[tuple[str, int]]:
    found = [*_V4.findall(text), *_V6.findall(text)]
    return [(address, int(port)) for port, address in found]


def is_loopback(address: str) -> bool:
    """Whether packets for it stay on this machine; the unspecified address means loopback, too."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(mapped.is_loopback or mapped.is_unspecified)
