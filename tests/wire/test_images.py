"""POST /v1/images/generations with OpenAI's own SDK, through the gate to a provider's stub."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx2
import openai
import pytest

from deployments.settings import Settings
from deployments.stub.script import Row
from models.pictures import media_type_of
from models.remote.traffic import Traffic
from router.label import Clearance, Level
from tests.remote_cards import gemini_images_card
from tests.wire.conftest import MODELS
from tests.wire.gated_stage import OPEN_FOR_LONG, PROVIDER_KEY, GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

PROMPT = "a red lamp on a router"


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture(scope="module")
def shared_gated(
    shared_stub: StubServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    stage = GatedStage(
        tmp_path_factory.mktemp("images"),
        Settings(models=MODELS),
        base_url=shared_stub.url,
        price={"in": 0, "out": 0, "image": 0.25},
        extra=(gemini_images_card(shared_stub.url.removesuffix("/v1"), price={"image": 0.5}),),
    )
    server = Server(stage).start()
    yield server
    server.stop()


@pytest.fixture
def stub(shared_stub: StubServer) -> StubServer:
    shared_stub.tell(Row())
    return shared_stub


@pytest.fixture
def gated(shared_gated: Server, stub: StubServer) -> Server:
    shared_gated.on_loop(lambda stage: stage.ledger.heal())
    return shared_gated


@pytest.fixture
def client(gated: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gated.url}/v1", api_key=gated.key(), max_retries=0) as made:
        yield made


def test_pictures_come_back_with_their_route(
    client: openai.OpenAI, gated: Server, stub: StubServer
) -> None:
    answer = client.images.generate(model="openai-images", prompt=PROMPT, n=2, size="64x32")
    assert answer.data is not None
    pictures = [base64.b64decode(one.b64_json or "") for one in answer.data]
    assert [media_type_of(one) for one in pictures] == ["image/png"] * 2
    assert answer.output_format == "png"
    assert answer.usage is not None
    route = answer.model_dump()["route"]
    assert route["model"] == "openai-images"
    assert route["site"] == "openai"
    assert route["cost_usd"] == 0.5
    assert len(stub.received) == 1
    assert route["assets"] == [f"sha256:{sha256(one).hexdigest()}" for one in pictures]
    records = gated.on_loop(lambda stage: list(stage.ledger.records))
    assert [record.kind for record in records] == ["egress.intent", "egress.result"]
    assert records[0].fields["decision_id"] == route["decision_id"]
    assert records[1].fields["status"] == "sent"
    assert records[1].fields["images"] == 2
    assert PROMPT not in repr(records)


def test_another_provider_makes_pictures_the_same_way(
    client: openai.OpenAI, gated: Server, stub: StubServer
) -> None:
    answer = client.images.generate(model="gemini-images", prompt=PROMPT, size="64x64")
    assert answer.data is not None
    assert media_type_of(base64.b64decode(answer.data[0].b64_json or "")) == "image/png"
    route = answer.model_dump()["route"]
    assert (route["model"], route["site"], route["cost_usd"]) == ("gemini-images", "google", 0.5)
    [got] = stub.received
    assert got["target"].endswith("/models/vendor-image-1:generateContent")
    _, result = gated.on_loop(lambda stage: list(stage.ledger.records))
    assert result.fields["returned_model"] == "vendor-image-1"


@pytest.mark.parametrize("error", [Row(status=401), Row(status=504), Row(fault="reset")], ids=str)
def test_another_takes_over_where_policy_allows(
    client: openai.OpenAI, gated: Server, stub: StubServer, error: Row
) -> None:
    gated.on_loop(_nothing_held)
    stub.tell(error, Row())
    route = {"fallback": ["gemini-images"]}
    fields: dict[str, object] = {"model": "openai-images", "prompt": PROMPT}
    answer = client.images.generate(**fields, extra_body={"route": route})  # type: ignore[call-overload]
    told = answer.model_dump()["route"]
    assert (told["model"], told["site"], told["cost_usd"]) == ("gemini-images", "google", 0.5)
    assert [got["target"].split("/")[1] for got in stub.received] == ["v1", "v1beta"]
    records = gated.on_loop(lambda stage: list(stage.ledger.records))
    assert [one.fields["model"] for one in records if one.kind == "egress.intent"] == [
        "openai-images", "gemini-images",
    ]  # fmt: skip


def test_what_may_not_leave_falls_back_on_nobody_outside(
    client: openai.OpenAI, gated: Server, stub: StubServer
) -> None:
    gated.on_loop(_nothing_held)
    route = {"fallback": ["gemini-images"], "data_class": "CONFIDENTIAL"}
    with pytest.raises(openai.PermissionDeniedError):
        client.images.generate(model="openai-images", prompt=PROMPT, extra_body={"route": route})
    assert stub.received == []


def _nothing_held(stage: Any) -> None:
    """No breaker is open, and the gateway knows."""
    stage.egress.traffic = Traffic([*stage.gateway.served_cards()], OPEN_FOR_LONG)
    for name, load in stage.gateway.status.loads().items():
        stage.gateway.status._loads[name] = replace(load, held=None)


def test_the_model_may_be_left_to_the_router(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="auto", prompt=PROMPT)
    assert answer.model_dump()["route"]["model"] == "openai-images"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "url"}, "response_format"),
        ({"stream": True}, "stream"),
        ({"style": "vivid"}, "style"),
        ({"n": 11}, "n"),
        ({"n": 0}, "n"),
        ({"size": "huge"}, "size"),
        ({"prompt": ""}, "prompt"),
        ({"model": "mistral"}, "model"),
        ({"extra_body": {"seed": 7}}, "seed"),
    ],
    ids=str,
)
def test_what_is_not_offered_is_refused_by_name(
    client: openai.OpenAI, stub: StubServer, fields: dict[str, object], param: str
) -> None:
    asked: dict[str, object] = {"model": "openai-images", "prompt": PROMPT}
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**asked | fields)  # type: ignore[call-overload]
    assert caught.value.param == param
    assert stub.received == []


def test_a_chat_with_a_model_for_pictures_is_refused(
    client: openai.OpenAI, stub: StubServer
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="openai-images", messages=[{"role": "user", "content": PROMPT}]
        )
    assert caught.value.param == "model"
    assert stub.received == []


@pytest.mark.parametrize(
    "prompt",
    ["portrait of jane.doe@example.com", f"a poster that says {PROVIDER_KEY}"],
    ids=["mail", "key"],
)
def test_what_the_prompt_holds_decides(
    client: openai.OpenAI, gated: Server, stub: StubServer, prompt: str
) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        client.images.generate(model="openai-images", prompt=prompt)
    assert stub.received == []
    assert gated.on_loop(lambda stage: list(stage.ledger.records)) == []
    client.images.generate(model="openai-images", prompt=PROMPT)
    assert len(stub.received) == 1


def test_a_higher_class_stays_inside(client: openai.OpenAI, stub: StubServer) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.images.generate(
            model="openai-images",
            prompt=PROMPT,
            extra_body={"route": {"data_class": "CONFIDENTIAL"}},
        )
    assert caught.value.code == "policy_denied"
    assert stub.received == []


def test_nothing_leaves_when_the_ledger_can_t_be_written(
    client: openai.OpenAI, gated: Server, stub: StubServer
) -> None:
    gated.on_loop(lambda stage: stage.ledger.fail())
    with pytest.raises(openai.InternalServerError) as caught:
        client.images.generate(model="openai-images", prompt=PROMPT)
    assert caught.value.status_code == 503
    assert stub.received == []


def test_a_picture_says_where_it_comes_from(client: openai.OpenAI, gated: Server) -> None:
    answer = client.images.generate(model="openai-images", prompt=PROMPT)
    assert answer.data is not None
    data = base64.b64decode(answer.data[0].b64_json or "")
    told = json.loads(data[data.index(b"podium\0\0\0\0\0") + 11 : data.index(b"IDAT") - 8])
    route = answer.model_dump()["route"]
    assert told["model"] == "openai-images"
    assert told["decision_id"] == route["decision_id"]
    assert told["label"]["level"] == "INTERNAL"
    assert told["checks"]["gate"] is True
    assert told["prompt_mac"].startswith("hmac-sha256:")
    assert told["prompt"] == PROMPT
    asset = gated.on_loop(lambda stage: stage.remotes["state"].target.assets[-1])
    assert asset.image.data == data
    record = asset.record(1.0)
    assert record.kind == "image.made"
    assert record.fields["sha256"] == sha256(data).hexdigest()
    assert PROMPT not in repr(record)


def test_a_prompt_that_no_download_may_hold_stands_in_no_file(
    client: openai.OpenAI, gated: Server
) -> None:
    open_policy = gated.on_loop(lambda stage: stage.gateway.policy)
    closed = replace(open_policy, sinks={**open_policy.sinks, "downloads": Clearance(Level.PUBLIC)})
    gated.on_loop(lambda stage: setattr(stage.gateway, "policy", closed))
    try:
        answer = client.images.generate(model="openai-images", prompt=PROMPT)
    finally:
        gated.on_loop(lambda stage: setattr(stage.gateway, "policy", open_policy))
    assert answer.data is not None
    data = base64.b64decode(answer.data[0].b64_json or "")
    assert b"prompt_mac" in data
    assert PROMPT.encode() not in data


def test_a_picture_is_deleted_once_and_by_its_own_tenant(
    client: openai.OpenAI, gated: Server
) -> None:
    answer = client.images.generate(model="openai-images", prompt=PROMPT)
    (name,) = answer.model_dump()["route"]["assets"]
    path = f"/v1/images/{name}"

    def kept() -> bool:
        assets = gated.on_loop(lambda stage: stage.remotes["state"].target.assets)
        return name in {f"sha256:{one.digest}" for one in assets}

    def delete(key: str, path: str = path) -> tuple[int, str | None]:
        answer = httpx2.delete(gated.url + path, headers=gated.headers(key), trust_env=False)
        body = answer.json()
        return answer.status_code, body["error"]["code"] if "error" in body else None

    assert delete("other") == (404, "not_found")
    assert delete("infer") == (403, "permission_denied")
    assert delete("admin", "/v1/images/sha256:12") == (400, None)
    assert kept()
    assert delete("admin") == (200, None)
    assert not kept()
    assert delete("admin") == (404, "not_found")
