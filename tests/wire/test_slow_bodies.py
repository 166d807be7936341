"""Bodies that stop half-way or drip: refused by their code, and their place is free again."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from deployments.settings import GatewaySettings
from deployments.wire.limits import Limits
from tests.wire.conftest import Serve, plain
from tests.wire.records import Logged
from tests.wire.server import PATIENCE_S, Server
from tests.wire.test_bad_requests import ASK, CHAT
from tests.wire.test_in_flight import becomes, in_flight

BODY = json.dumps({"model": "mistral", "messages": ASK}).encode()


@contextmanager
def upload(server: Server, *pieces: bytes, length: int | None = None) -> Iterator[socket.socket]:
    """A connection on which a head and these pieces of a body were sent."""
    host = urlsplit(server.url)
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {server.key()}\r\ncontent-length: {length or len(BODY)}\r\n\r\n"
    )
    with socket.create_connection((host.hostname, host.port), timeout=PATIENCE_S) as connection:
        for piece in (head.encode(), *pieces):
            connection.sendall(piece)
        yield connection


def answer(connection: socket.socket) -> tuple[int, str]:
    """The status and the code of the error."""
    found = b""
    while piece := connection.recv(65536):
        found += piece
        if b"}}" in found:
            break
    head, _, body = found.partition(b"\r\n\r\n")
    return int(head.split()[1]), str(json.loads(body)["error"]["code"])


def patient(pause: float, whole: float = 60.0, in_flight: int = 1) -> GatewaySettings:
    limits = Limits(body_pause_seconds=pause, request_seconds=whole, in_flight=in_flight)
    return GatewaySettings(limits=limits)


def test_a_body_that_stops_holds_its_place_only_so_long(serve: Serve) -> None:
    server = serve(patient(60.0))
    with plain(server) as http, upload(server, BODY[:20]) as stalled:
        becomes(http, 1)
        assert http.post(CHAT, content=BODY).status_code == 429
        server.forward(60.0)
        assert answer(stalled) == (408, "body_too_slow")
        becomes(http, 0)
        assert http.post(CHAT, content=BODY).status_code == 200


def test_with_more_patience_the_same_body_is_waited_for(serve: Serve) -> None:
    server = serve(patient(60.0))
    with plain(server) as http, upload(server, BODY[:20]) as slow:
        becomes(http, 1)
        server.forward(50.0)
        assert in_flight(http) == 1
        slow.sendall(BODY[20:])
        assert b" 200 " in slow.recv(65536)[:20]


def test_a_body_that_drips_is_refused_when_its_time_is_up(serve: Serve) -> None:
    server = serve(patient(5.0, whole=1.0))
    with upload(server, length=100_000) as dripping:
        dripping.settimeout(0.05)
        for _ in range(1000):
            dripping.sendall(b" ")
            try:
                head = dripping.recv(65536)
            except TimeoutError:
                continue
            assert head.startswith(b"HTTP/1.1 408")
            break
        else:
            pytest.fail("it dripped for ever")


def test_an_upload_that_is_dropped_frees_its_place_at_once(serve: Serve, logged: Logged) -> None:
    server = serve(patient(60.0))
    with plain(server) as http:
        with upload(server, BODY[:20]):
            becomes(http, 1)
        becomes(http, 0)
        assert [one["status"] for one in logged.lines("request") if one["path"] == CHAT] == [499]
        assert logged.lines("internal error") == []
        assert http.post(CHAT, content=BODY).status_code == 200


def test_five_hundred_that_leave_hold_nothing(serve: Serve) -> None:
    """Silent, half a head, half a body: as many tasks run afterwards as before."""
    server = serve(patient(60.0, in_flight=512))
    with plain(server) as http:
        assert http.post(CHAT, content=BODY).status_code == 200
        before = tasks(server)
        connections = [leaving(server, number) for number in range(500)]
        becomes(http, 166)
        assert tasks(server) > before + 100
        for one in connections:
            one.close()
        becomes(http, 0)
        end = time.monotonic() + PATIENCE_S
        while tasks(server) > before:
            assert time.monotonic() < end, f"{tasks(server)} tasks, {before} before"
            time.sleep(0.05)
        assert http.post(CHAT, content=BODY).status_code == 200


def leaving(server: Server, number: int) -> socket.socket:
    host = urlsplit(server.url)
    connection = socket.create_connection((host.hostname, host.port), timeout=PATIENCE_S)
    key = server.key()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    if number % 3 == 1:
        connection.sendall(head.encode())
    if number % 3 == 2:
        connection.sendall(f"{head}content-length: {len(BODY)}\r\n\r\n".encode() + BODY[:20])
    return connection


def tasks(server: Server) -> int:
    """How many tasks the server's loop has."""

    async def count() -> int:
        return len(asyncio.all_tasks())

    return server.run(count())
