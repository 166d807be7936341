"""Clients that behave badly: half a request, a slow one, a crowd that leaves, one that storms."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx2

from deployments.chaos.scene import Scene
from deployments.ray_environment import HEAD_S

CROWD = 500
_FEW = 40
_STORM = 120
_CONNECT_S = 10.0
# Three times what a head may take, for a machine that is busy.
_HEADS_S = 3 * HEAD_S
_RESET = struct.pack("ii", 1, 0)


def half_sent(scene: Scene, draw: random.Random) -> str:
    """Uploads that stop half-way, are held a while and then dropped."""
    head = _head(scene, "/v1/audio/transcriptions", "multipart/form-data; boundary=x", 1_000_000)
    return _held(scene, head + b"--x\r\n" + b"a" * 60_000, draw.uniform(1.0, 3.0))


def slow_headers(scene: Scene, _draw: random.Random) -> str:
    """Requests whose head comes a line a moment and never ends: each is shown the door in time."""
    with _crowd(scene, _FEW) as sockets:
        for one in sockets:
            _say(one, b"POST /v1/chat/completions HTTP/1.1\r\nhost: chaos\r\n")
        held, end = list(sockets), time.monotonic() + _HEADS_S
        while held and time.monotonic() < end:
            time.sleep(0.5)
            for one in held:
                _say(one, b"x-slow: 1\r\n")
            held = [one for one in held if not _closed(one)]
        if held:
            raise AssertionError(f"{len(held)} of {_FEW} slow heads are let in after {_HEADS_S} s")
        return f"{len(sockets)} connections, all closed"


def dropped(scene: Scene, draw: random.Random) -> str:
    """A crowd of connections: silent, with half a request, with a whole one; all reset at once."""
    whole = _head(scene, "/v1/chat/completions", "application/json", len(_BODY)) + _BODY
    words = (b"", whole[:40], whole[:-10], whole)
    with _crowd(scene, CROWD) as sockets:
        said = Counter[int]()
        for one in sockets:
            number = draw.choices(range(4), (4, 2, 2, 1))[0]
            said[number] += 1
            _say(one, words[number])
        if len(sockets) < CROWD:
            raise AssertionError(f"of {CROWD} connections {len(sockets)} were let in")
        return f"{len(sockets)} connections, {said[3]} with a whole request"


def storm(scene: Scene, draw: random.Random) -> str:
    """One key far over its rate: all but its few are refused, typed, with a time to wait."""
    _, key = scene.new_key(rpm=draw.randint(1, 3))
    body = {"model": "mistral", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=scene.base_url, timeout=60, trust_env=False) as client:

        def ask(_number: int) -> str:
            answer = client.post("/v1/chat/completions", json=body, headers=headers)
            if answer.status_code == 429 and "retry-after" not in answer.headers:
                return "429 without retry-after"
            return str(answer.status_code)

        with ThreadPoolExecutor(16) as pool:
            found = Counter(pool.map(ask, range(_STORM)))
    if set(found) - {"200", "429"} or found["429"] < _STORM - 10:
        raise AssertionError(f"a storm of {_STORM} was answered with {dict(found)}")
    return f"{found['429']} of {_STORM} refused"


_ASKED = [{"role": "user", "content": "Say something."}]
_BODY = json.dumps({"model": "mistral", "max_tokens": 8, "messages": _ASKED}).encode()


def _held(scene: Scene, words: bytes, seconds: float) -> str:
    with _crowd(scene, _FEW) as sockets:
        for one in sockets:
            _say(one, words)
        time.sleep(seconds)
        return f"{len(sockets)} connections held for {seconds:.1f} s"


def _head(scene: Scene, path: str, kind: str, length: int) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1", "host: chaos", f"authorization: Bearer {scene.key}",
        f"content-type: {kind}", f"content-length: {length}",
    )  # fmt: skip
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


@contextmanager
def _crowd(scene: Scene, most: int) -> Iterator[list[socket.socket]]:
    """So many connections, or as many as are let in; at the end they are reset, not closed."""
    with ExitStack() as stack:
        sockets = []
        for _ in range(most):
            try:
                one = socket.create_connection(scene.address, timeout=_CONNECT_S)
            except OSError:
                break
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sockets.append(stack.enter_context(one))
        yield sockets


def _say(one: socket.socket, words: bytes) -> None:
    try:
        one.sendall(words)
    except OSError:
        return  # It was shown the door already, which is its right.


def _closed(one: socket.socket) -> bool:
    """Whether the other side has ended it; an answer that it sent before that is read."""
    one.setblocking(False)
    try:
        while one.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        one.settimeout(_CONNECT_S)
    return True
