"""Megabytes made to be slow: answered in little processor time, and none of it the event loop's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import pytest

from bench.detect_path import HOSTILE, of_size
from deployments.settings import Settings
from router.detect.scanner import Scanner
from tests.wire.conftest import MODELS
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

KINDS = (
    "digits apart", "base64 in words", "entities", "percents apart", "zero width", "ligatures",
    "accounts", "mails", "telephones", "names of secrets",
)  # fmt: skip
SIZE = 1_000_000


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture(scope="module")
def gated(stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    server = Server(GatedStage(folder, Settings(models=MODELS), base_url=stub.url)).start()
    yield server
    server.stop()


def asked(gated: Server, text: str) -> tuple[httpx2.Response, float, float]:
    """The answer, and the processor time in seconds of the whole process and of the event loop."""
    body = {"model": "chatgpt", "messages": [{"role": "user", "content": text}]}
    all_, loop = time.process_time(), gated.on_loop(lambda _: time.thread_time())
    url = f"{gated.url}/v1/chat/completions"
    answer = httpx2.post(url, json=body, headers=gated.headers(), timeout=60)
    took = gated.on_loop(lambda _: time.thread_time()) - loop
    return answer, time.process_time() - all_, took


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_megabyte_is_answered_and_stays(gated: Server, stub: StubServer, kind: str) -> None:
    stub.received.clear()
    answer, spent, on_loop = asked(gated, of_size(HOSTILE[kind], SIZE))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "policy_denied")
    assert not stub.received
    # About 0.6 s and 0.02 s; of processor time, so that whoever else is on this machine counts not.
    assert spent < 4.0
    assert on_loop < 0.4


def test_on_the_event_loop_the_same_text_is_seen(gated: Server) -> None:
    everything_at_once = Scanner(inline=10**12)
    gated.on_loop(lambda stage: setattr(stage.gateway, "scanner", everything_at_once))
    _, _, on_loop = asked(gated, of_size(HOSTILE["entities"], SIZE))
    gated.on_loop(lambda stage: setattr(stage.gateway, "scanner", Scanner()))
    assert on_loop > 0.4
