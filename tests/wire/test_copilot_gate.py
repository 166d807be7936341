"""Copilot behind a whole gateway: answered through the gate, and nothing confidential is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from deployments.settings import Settings
from tests.copilot_peer import REPLY
from tests.copilot_runtimes import PeerRuntime, copilot_card, peer_runtime
from tests.wire.conftest import MODELS
from tests.wire.gated_stage import PROVIDER_KEY, GatedStage
from tests.wire.server import Server

CANARY = "CANARY-9917-of-this-test"
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def peer(tmp_path: Path) -> PeerRuntime:
    return peer_runtime(tmp_path)


@pytest.fixture
def gated(peer: PeerRuntime, tmp_path: Path) -> Iterator[Server]:
    stage = GatedStage(
        tmp_path, Settings(models=MODELS), base_url=NOWHERE, extra=(copilot_card(peer),)
    )
    server = Server(stage).start()
    yield server
    server.stop()


def say(gated: Server, text: str = CANARY, **fields: Any) -> Any:
    with openai.OpenAI(base_url=f"{gated.url}/v1", api_key=gated.key(), max_retries=0) as client:
        messages: Any = [{"role": "user", "content": text}]
        answer = client.chat.completions.create(model="copilot", messages=messages, **fields)
        return list(answer) if fields.get("stream") else answer


def prompts(peer: PeerRuntime) -> list[str]:
    return [one["prompt"] for one in peer.told("session.send")]


def test_copilot_answers_whole_and_streamed_after_its_intent(
    gated: Server, peer: PeerRuntime
) -> None:
    whole = say(gated)
    chunks = say(gated, stream=True)
    streamed = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert whole.choices[0].message.content == streamed == "".join(REPLY)
    assert whole.usage.completion_tokens == 3
    assert prompts(peer) == [CANARY, CANARY]
    records = gated.on_loop(lambda stage: list(stage.ledger.records))
    assert [one.kind for one in records] == ["egress.intent", "egress.result"] * 2
    assert records[0].fields["provider"] == "microsoft"
    assert records[1].fields["status"] == "sent"


def test_what_may_not_leave_is_told_to_no_runtime(gated: Server, peer: PeerRuntime) -> None:
    say(gated)
    assert prompts(peer) == [CANARY]
    with pytest.raises(openai.PermissionDeniedError):
        say(gated, extra_body={"route": {"data_class": "CONFIDENTIAL"}})
    with pytest.raises(openai.APIStatusError):
        say(gated, f"my key is {PROVIDER_KEY}")
    gated.on_loop(lambda stage: stage.ledger.fail())
    with pytest.raises(openai.InternalServerError, match="nothing leaves"):
        say(gated)
    assert prompts(peer) == [CANARY] and len(peer.pids) == 1
