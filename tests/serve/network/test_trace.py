"""The reader of traces finds every way out, by name or along a connected socket."""

from __future__ import annotations

import socket

from tests.serve.network.namespace import Packet, read_packet
from tests.serve.network.trace import Trace, is_loopback

LINES = """
7 socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<socket:[100]>
7 connect(3<socket:[100]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16) = 0
8 sendto(3<UDP:[100]>, "x", 1, 0, NULL, 0) = 1
8 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4<socket:[101]>
8 connect(4<socket:[101]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16 <unfinished ...>
8 sendto(4<socket:[101]>, "GET", 3, MSG_NOSIGNAL, NULL, 0) = 3
8 <... connect resumed>) = 0
8 connect(5<socket:[102]>, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0
9 socket(AF_INET6, SOCK_STREAM, IPPROTO_IP) = 6<socket:[103]>
9 connect(6<socket:[103]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 EINPROGRESS
9 connect(6<socket:[104]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::ffff:127.0.0.1", &sin6_addr), sin6_scope_id=0}, 28) = 0
9 socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP <unfinished ...>
8 connect(5<socket:[102]>, {sa_family=AF_UNIX, sun_path="/run/y"}, 110) = 0
9 <... socket resumed>) = 7<socket:[105]>
9 sendmmsg(7<socket:[105]>, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, msg_namelen=16}}], 1, 0) = 1
"""  # noqa: E501 - as strace writes them


def test_every_way_out_is_found_and_loopback_is_not() -> None:
    found = [(one.tid, *one.target) for one in Trace().outside(LINES.splitlines())]
    assert found == [
        (7, "connect datagram", "8.8.8.8", 53),
        (8, "sendto datagram", "8.8.8.8", 53),
        (9, "connect stream", "2001:db8::1", 443),
        (9, "sendmmsg datagram", "192.0.2.1", 53),
    ]


def test_a_socket_connected_home_again_sends_nothing_outside() -> None:
    home = LINES.replace('inet_addr("8.8.8.8")', 'inet_addr("127.0.0.1")')
    assert [one.address for one in Trace().outside(home.splitlines())] == [
        "2001:db8::1",
        "192.0.2.1",
    ]


def test_what_is_loopback() -> None:
    assert is_loopback("127.9.9.9") and is_loopback("::1") and is_loopback("::")
    assert not is_loopback("198.51.100.7") and not is_loopback("::ffff:8.8.8.8")


def test_a_packet_is_read_from_its_header() -> None:
    ends = socket.inet_aton("198.51.100.7") + socket.inet_aton("203.0.113.9")
    v4 = bytes([0x45, *[0] * 8, socket.IPPROTO_UDP, 0, 0]) + ends + b"\x10\x00\x00\x35"
    assert read_packet(v4) == Packet(socket.IPPROTO_UDP, "203.0.113.9", 53)
    far = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    v6 = bytes([0x60, *[0] * 5, socket.IPPROTO_ICMPV6, 255]) + bytes(16) + far
    assert read_packet(v6) == Packet(socket.IPPROTO_ICMPV6, "2001:db8::1", 0)
