"""A network namespace like a machine with a way out, and a witness of every packet that takes it.

All routes lead to loopback, so nothing reaches anything; but a connect or a datagram to an outside
address succeeds as it would on a machine with a network, and is seen.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# TEST-NET-2 of RFC 5737: the machine's own outside address, and where its provider answers.
OUTSIDE = "198.51.100.7"
# TEST-NET-1: whom names are asked of.
NAMESERVER = "192.0.2.53"
UNSHARE = ("unshare", "-n", "-m", "--propagation", "private", "--")
_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_PACKET_OUTGOING = 4
# Classic BPF over the network header: IPv4 to 127.0.0.0/8 and IPv6 to ::/32 are left out.
_FILTER = (
    (0x30, 0, 0, 0),  # the first byte
    (0x54, 0, 0, 0xF0),  # its version
    (0x15, 0, 3, 0x40),  # 4? else three on
    (0x30, 0, 0, 16),  # first byte of the destination
    (0x15, 4, 3, 127),
    (0x06, 0, 0, 0),
    (0x20, 0, 0, 24),  # first word of an IPv6 destination
    (0x15, 1, 0, 0),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


def missing() -> str | None:
    """Why the proof can't run here, or None."""
    for tool in ("strace", "unshare", "ip"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    tried = subprocess.run(
        [*UNSHARE, "strace", "--seccomp-bpf", "-f", "-qq", "true"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else "no network namespace can be made or traced here"


def set_up(folder: Path) -> None:
    """Bring loopback up, with an outside address of its own and every route leading to it."""
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {NAMESERVER}\n")
    lay_over(Path("/etc/resolv.conf"), resolver)
    for words in (
        "link set lo up",
        f"address add {OUTSIDE}/32 dev lo",
        "route add default dev lo",
        "-6 route add default dev lo",
    ):
        subprocess.run(["ip", *words.split()], check=True)


def lay_over(path: Path, other: Path) -> None:
    """Let another file stand at a path of the system, in this mount namespace alone."""
    real = os.path.realpath(path)
    subprocess.run(["mount", "--bind", str(other), real], check=True)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet to an address outside loopback; ports are 0 where its protocol has none."""

    protocol: int
    address: str
    port: int


class Watch:
    """Sees every packet that leaves for an address outside loopback, from now on."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        self._attach()
        self._socket.bind(("lo", 0))
        self._seen: list[Packet] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def packets(self) -> Sequence[Packet]:
        """What was seen so far."""
        return tuple(self._seen)

    def _attach(self) -> None:
        code = b"".join(struct.pack("HBBI", *one) for one in _FILTER)
        self._code = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(_FILTER), ctypes.addressof(self._code))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def _listen(self) -> None:
        while True:
            data, place = self._socket.recvfrom(256)
            if place[2] == _PACKET_OUTGOING:
                self._seen.append(read_packet(data))


def read_packet(data: bytes) -> Packet:
    """The packet that begins with these bytes of its IP header."""
    if data[0] >> 4 == 4:
        protocol, start = data[9], (data[0] & 0xF) * 4
        address = socket.inet_ntop(socket.AF_INET, data[16:20])
    else:
        protocol, start = data[6], 40
        address = socket.inet_ntop(socket.AF_INET6, data[24:40])
    has_ports = protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP) and len(data) >= start + 4
    port = int.from_bytes(data[start + 2 : start + 4], "big") if has_ports else 0
    return Packet(protocol, address, port)
