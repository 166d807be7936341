"""Under load no call holds up the gateway's event loop: whoever streams waits for none of it."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.testing.scripted import Say
from tests.loop_watch import LoopWatch
from tests.support_contract import REFUND
from tests.wire.server import Server

# One callback's processor time; the largest of this load takes 5 ms.
BUSY_S = 0.1
# And what it may sleep, or wait for a lock, a disk or a socket: Python's own lock is one of them.
STUCK_S = 1.5
STREAMS = 32
LARGE = "Please have a look at the order again. " * 12_000


def _chat(text: str, stream: bool = False) -> tuple[str, dict[str, Any]]:
    messages = [{"role": "user", "content": text}]
    body = {"model": "mistral", "messages": messages, "stream": stream}
    return "/v1/chat/completions", body


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    *[_chat("How are you?", stream=True)] * STREAMS,
    *[("/v1/pipelines/support/runs", {"inputs": {"text": REFUND}, "stream": False})] * 8,
    *[_chat(LARGE)] * 4,
    *[("/v1/embeddings", {"model": "embed", "input": ["a text of some words"] * 64})] * 4,
)
CLIENT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import httpx2
work = json.load(sys.stdin)
with httpx2.Client(base_url=work["url"], headers=work["headers"], timeout=120) as client:
    with ThreadPoolExecutor(len(work["calls"])) as threads:
        for answer in threads.map(lambda call: client.post(call[0], json=call[1]), work["calls"]):
            print(answer.status_code)
"""


@pytest.fixture
def watched(server: Server) -> Iterator[LoopWatch]:
    server.on_loop(lambda stage: stage.reset(Say(tuple("word " for _ in range(200)))))
    # As Serve does in a replica: what was there before is not looked through for garbage again.
    gc.collect()
    gc.freeze()
    yield LoopWatch(server.on_loop(lambda _: threading.get_native_id()))
    gc.unfreeze()


def _load(server: Server) -> list[int]:
    """Every call at once, from a process of its own; the statuses."""
    work = json.dumps({"url": server.url, "headers": server.headers(), "calls": CALLS})
    done = subprocess.run(
        [sys.executable, "-c", CLIENT], input=work, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [int(status) for status in done.stdout.split()]


@pytest.mark.usefixtures("documents")
def test_no_callback_holds_up_the_loop_under_load(server: Server, watched: LoopWatch) -> None:
    with watched:
        statuses = _load(server)
    assert set(statuses) == {200}
    assert watched.count > STREAMS * 100
    assert watched.busiest < BUSY_S, watched.worker
    assert watched.stuck < STUCK_S, watched.sleeper


def _burn() -> None:
    end = time.thread_time() + 2 * BUSY_S
    while time.thread_time() < end:
        pass


@pytest.mark.parametrize(
    ("blocker", "seen"),
    [
        (_burn, lambda watch: watch.busiest > BUSY_S and "_burn" in watch.worker),
        (lambda: time.sleep(1.5 * STUCK_S), lambda watch: watch.stuck > STUCK_S),
    ],
    ids=["works", "sleeps"],
)
def test_one_that_does_is_seen(
    server: Server,
    watched: LoopWatch,
    blocker: Callable[[], None],
    seen: Callable[[LoopWatch], bool],
) -> None:
    with watched:
        server.on_loop(lambda _: asyncio.get_running_loop().call_soon(blocker))
        server.on_loop(lambda _: None)
    assert seen(watched)
