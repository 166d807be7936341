"""A model outside behind a whole gateway: what may leaves once, and nothing else leaves at all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from deployments.settings import Settings
from deployments.stub.script import Row
from models.deadline import Deadline
from models.errors import GateTokenSpent
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import PROVIDER_KEY, GatedStage
from tests.wire.hearing import tone
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

CANARY = "CANARY-5521-of-this-test"
REPLY = "This is the stub; no provider was asked."
PIPELINE = """
name: outside
version: 1
input:
  text?: Text
  audio?: Audio
steps:
  transcribe:
    use: transcribe
    when: input.audio
    with: {audio: input.audio}
    route: {model: whisper}
  reply:
    use: generate
    prompt: support/polish@prod
    with: {reply: transcribe.text | input.text}
    route: {model: chatgpt}
    fallback: [mistral]
output: {reply: reply}
"""


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def gated(stub: StubServer, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "pipelines"
    folder.mkdir()
    (folder / "outside.yaml").write_text(PIPELINE)
    settings = Settings(models=MODELS, pipelines=(str(folder),))
    server = Server(GatedStage(tmp_path, settings, base_url=stub.url)).start()
    yield server
    server.stop()


@pytest.fixture
def client(gated: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gated.url}/v1", api_key=gated.key(), max_retries=0) as made:
        yield made


@pytest.fixture
def http(gated: Server) -> Iterator[httpx2.Client]:
    with plain(gated) as made:
        yield made


def test_messages_go_the_same_way(gated: Server, stub: StubServer) -> None:
    """Anthropic's dialect asks a model of OpenAI's through the gate, and its counts are honest."""
    ask: Any = {"model": "chatgpt", "messages": [{"role": "user", "content": CANARY}]}
    with anthropic.Anthropic(base_url=gated.url, api_key=gated.key(), max_retries=0) as claude:
        whole = claude.messages.create(**ask, max_tokens=64)
        with claude.messages.stream(**ask, max_tokens=64) as stream:
            streamed = stream.get_final_message()
        for message in (whole, streamed):
            assert message.content[0].text == REPLY  # type: ignore[union-attr]
            assert message.usage.output_tokens == 8
        assert [CANARY in one["body"] for one in stub.received] == [True, True]
        with pytest.raises(anthropic.BadRequestError, match="provider's"):
            claude.messages.count_tokens(**ask)
        secret = {"route": {"data_class": "CONFIDENTIAL"}}
        with pytest.raises(anthropic.PermissionDeniedError):
            claude.messages.create(**ask, max_tokens=64, extra_body=secret)
    assert len(stub.received) == 2


def say(client: openai.OpenAI, text: str = CANARY, model: str = "chatgpt", **fields: Any) -> Any:
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], **fields
    )


def came(stub: StubServer, text: str = CANARY) -> int:
    return sum(text in json.dumps(request) for request in stub.received)


def kinds(server: Server) -> list[str]:
    found: list[str] = server.on_loop(lambda stage: [one.kind for one in stage.ledger.records])
    return found


def test_the_official_client_reaches_a_model_outside(
    client: openai.OpenAI, stub: StubServer, gated: Server
) -> None:
    answer = say(client, max_tokens=50)
    assert answer.choices[0].message.content == REPLY
    assert answer.usage is not None and answer.usage.completion_tokens == 8
    assert answer.model_extra["route"]["site"] == "openai"
    assert answer.model_extra["route"]["label"]["level"] == "INTERNAL"
    assert came(stub) == 1
    assert kinds(gated) == ["egress.intent", "egress.result"]


def test_streams_come_as_streams(client: openai.OpenAI, stub: StubServer) -> None:
    chunks = list(say(client, stream=True, stream_options={"include_usage": True}))
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    pieces = [piece for piece in said if piece]
    assert "".join(pieces) == REPLY and len(pieces) == 8
    assert chunks[-1].usage is not None


def test_the_models_list_names_it(client: openai.OpenAI) -> None:
    assert "chatgpt" in {model.id for model in client.models.list()}


def test_confidential_data_stays_inside(
    client: openai.OpenAI, stub: StubServer, gated: Server
) -> None:
    say(client)
    assert came(stub) == 1, "the probe: as INTERNAL the same canary does leave"
    with pytest.raises(openai.PermissionDeniedError) as caught:
        say(client, extra_body={"route": {"data_class": "CONFIDENTIAL"}})
    assert caught.value.code == "policy_denied"
    assert "sites.openai.level" in caught.value.message
    assert CANARY not in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert came(stub) == 1 and len(stub.received) == 1
    assert kinds(gated) == ["egress.intent", "egress.result"]


def test_a_discreet_key_keeps_everything_inside(gated: Server, stub: StubServer) -> None:
    discreet = gated.key("discreet")
    with openai.OpenAI(base_url=f"{gated.url}/v1", api_key=discreet, max_retries=0) as client:
        with pytest.raises(openai.PermissionDeniedError):
            say(client)
        assert say(client, model="mistral").choices[0].message.content
    assert not stub.received


def test_a_secret_in_the_text_stays_inside(client: openai.OpenAI, stub: StubServer) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        say(client, f"{CANARY}: our key is {PROVIDER_KEY}")
    assert caught.value.code == "gate_payload_refused"
    assert PROVIDER_KEY not in caught.value.message
    assert not came(stub)


def test_a_token_is_good_once(client: openai.OpenAI, gated: Server, stub: StubServer) -> None:
    say(client)
    outgoing = gated.on_loop(lambda stage: stage.egress.handed[0])

    async def again() -> None:
        departures = gated.stage.egress.departures  # type: ignore[attr-defined]
        async for _ in departures.stream(outgoing, Deadline.after(5)):
            continue

    with pytest.raises(GateTokenSpent):
        gated.run(again())
    assert came(stub) == 1


def test_a_pipeline_step_goes_outside_by_its_config_alone(
    client: openai.OpenAI, stub: StubServer, gated: Server
) -> None:
    answer = say(client, model="pipeline/outside")
    assert answer.choices[0].message.content == REPLY
    assert came(stub) == 1
    intent = gated.on_loop(lambda stage: stage.ledger.records[0])
    assert intent.fields["step"] == "reply"


def test_what_was_spoken_stays_inside(http: httpx2.Client, stub: StubServer, gated: Server) -> None:
    path = "/v1/pipelines/outside/runs"
    typed = http.post(path, json={"inputs": {"text": CANARY}}).json()
    assert typed["status"] == "succeeded" and came(stub) == 1
    heard = gated.on_loop(lambda stage: _hears(stage, CANARY))
    assert heard
    audio = base64.b64encode(tone()).decode()
    spoken = http.post(path, json={"inputs": {"audio": audio}}).json()
    assert [s["model"] for s in spoken["steps"] if s["name"] == "reply"] == ["mistral"]
    assert came(stub) == 1


def test_a_provider_that_is_down_falls_back_where_policy_allows(
    http: httpx2.Client, stub: StubServer
) -> None:
    stub.tell(Row(status=503))
    run = http.post("/v1/pipelines/outside/runs", json={"inputs": {"text": CANARY}}).json()
    assert run["status"] == "succeeded", run
    assert [s["model"] for s in run["steps"] if s["name"] == "reply"] == ["mistral"]
    assert came(stub) >= 1


def test_a_provider_that_refuses_the_key_names_it(client: openai.OpenAI, stub: StubServer) -> None:
    stub.tell(Row(status=401))
    with pytest.raises(openai.InternalServerError) as caught:
        say(client)
    assert caught.value.code == "model_unavailable"
    assert "OPENAI_API_KEY" in caught.value.message


def test_a_full_provider_says_when_to_come_again(client: openai.OpenAI, stub: StubServer) -> None:
    stub.tell(Row(status=429, retry_after=9))
    with pytest.raises(openai.RateLimitError) as caught:
        say(client)
    assert caught.value.response.headers["retry-after"] == "9"


def _hears(stage: Any, text: str) -> bool:
    stage.hearing.text = text
    return True


def test_a_full_ledger_keeps_everything_inside_and_stops_nothing_local(
    gated: Server, http: httpx2.Client, stub: StubServer
) -> None:
    ask = {"messages": [{"role": "user", "content": "Hello"}]}
    chat, run = "/v1/chat/completions", "/v1/pipelines/outside/runs"
    assert http.post(chat, json=ask | {"model": "chatgpt"}).status_code == 200
    before = len(stub.received)
    assert before
    gated.on_loop(lambda stage: stage.ledger.fail())
    refused = http.post(chat, json=ask | {"model": "chatgpt"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ledger_unavailable")
    assert "nothing leaves" in refused.json()["error"]["message"]
    assert http.post(chat, json=ask | {"model": "mistral"}).status_code == 200
    done = http.post(run, json={"inputs": {"text": "Hello"}}).json()
    assert len(stub.received) == before
    assert {one["name"]: one["model"] for one in done["steps"]}.get("reply") in ("mistral", None)
    gated.on_loop(lambda stage: stage.ledger.heal())
    assert http.post(chat, json=ask | {"model": "chatgpt"}).status_code == 200


def test_a_fallback_takes_over_a_direct_call_where_policy_allows(
    gated: Server, http: httpx2.Client, stub: StubServer
) -> None:
    body = {"model": "chatgpt", "messages": [{"role": "user", "content": CANARY}], "max_tokens": 9}
    stub.tell(Row(status=404))
    alone = http.post("/v1/chat/completions", json=body)
    assert (alone.status_code, came(stub)) == (503, 1)
    stub.tell(Row(status=404))
    helped = http.post("/v1/chat/completions", json=body | {"route": {"fallback": ["mistral"]}})
    assert helped.json()["route"]["model"] == helped.headers["x-route-model"] == "mistral"
    # The breaker opened on the first wrong model: it was not asked a second time.
    assert came(stub) == 0
    streamed = body | {"stream": True, "route": {"fallback": ["mistral"]}}
    text = http.post("/v1/chat/completions", json=streamed).text
    assert '"model":"mistral","site":"local"' in text and '"model":"chatgpt"' not in text
    text = http.post("/v1/messages", json=streamed).text
    assert '"model":"mistral"' in text and '"model":"chatgpt"' not in text
    gated.until(lambda stage: stage.gateway.status.loads()["chatgpt"].held)
    held = http.get("/v1/status").json()["models"]["chatgpt"]["held"]
    assert (held["reason"], "404" in held["detail"]) == ("breaker", True)
