"""Gemini's models for pictures, over real sockets: the contract, and what a provider may do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from deployments.stub.script import Row
from models.deadline import Deadline
from models.errors import (
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    UnsafeContent,
    UnsupportedParameter,
)
from models.images import ImageRequest
from models.remote.gemini_images import GeminiImages
from models.remote.image_registry import image_wire_body, wire_fields
from models.remote.provider_errors import NeverSent
from tests.contracts.image_contract import CHECKS, Check
from tests.remote_cards import gemini_images_card
from tests.wire.stub_server import StubServer

KEY = "sk-canary-of-the-painter-0002"
ADDRESS = "/v1beta/models/vendor-image-1:generateContent"


@pytest.fixture(scope="module")
def shared() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def stub(shared: StubServer) -> StubServer:
    shared.tell(Row())
    return shared


@pytest.fixture
async def model(stub: StubServer) -> AsyncIterator[GeminiImages]:
    root = stub.url.removesuffix("/v1")
    made = GeminiImages(gemini_images_card(root, engine={"many": True}), KEY)
    yield made
    await made.close()


def asks(prompt: str = "a red lamp", **fields: Any) -> ImageRequest:
    return ImageRequest(**{"model": "gemini-images", "prompt": prompt} | fields)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(model: GeminiImages, check: Check) -> None:
    await check((model, {"model": "gemini-images"}))


async def test_what_leaves_and_how_it_is_counted(model: GeminiImages, stub: StubServer) -> None:
    wanted = asks(n=2, size="1344x768", seed=7)
    job = await model.submit(wanted, Deadline.after(30))
    assert job.made is not None and job.made.usage is not None
    assert (job.made.usage.images, job.made.usage.prompt_tokens) == (2, 3)
    assert job.made.returned_model == job.returned_model == "vendor-image-1"
    [sent] = stub.received
    assert (sent["target"], dict(sent["headers"])["x-goog-api-key"]) == (ADDRESS, KEY)
    body = json.loads(sent["body"])
    assert body["generationConfig"] == {
        "responseModalities": ["IMAGE"], "candidateCount": 2, "seed": 7,
        "imageConfig": {"aspectRatio": "16:9"},
    }  # fmt: skip
    card = gemini_images_card(engine={"many": True})
    assert sent["body"].encode() == image_wire_body(card, wanted)
    assert set(body) == wire_fields(card)


@pytest.mark.parametrize(
    ("size", "ratio"), [("1024x1024", "1:1"), ("512x512", "1:1"), ("832x1248", "2:3")]
)
async def test_of_a_size_its_ratio_is_told(
    model: GeminiImages, stub: StubServer, size: str, ratio: str
) -> None:
    await model.submit(asks(size=size), Deadline.after(30))
    body = json.loads(stub.received[0]["body"])
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": ratio}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "1000x300"}, "size"),
        ({"size": "0x0"}, "size"),
        ({"quality": "low"}, "quality"),
        ({"format": "png"}, "output_format"),
        ({"seed": 2**31}, "seed"),
        ({"n": 2}, "n"),
    ],
    ids=str,
)
async def test_a_wish_that_it_can_t_be_told_is_refused_by_name(
    stub: StubServer, fields: dict[str, Any], param: str
) -> None:
    model = GeminiImages(gemini_images_card(stub.url.removesuffix("/v1")), KEY)
    with pytest.raises(UnsupportedParameter) as caught:
        await model.submit(asks(**fields), Deadline.after(30))
    assert caught.value.param == param and stub.received == []
    await model.close()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (Row(status=400), InvalidRequest),
        (Row(status=401), ModelUnavailable),
        (Row(status=404), ModelUnavailable),
        (Row(status=429), Overloaded),
        (Row(status=500), ModelUnavailable),
        (Row(refusal="No."), UnsafeContent),
        (Row(reason="IMAGE_SAFETY"), UnsafeContent),
        (Row(reason="NO_IMAGE"), ModelUnavailable),
        (Row(model="another"), ModelUnavailable),
        (Row(fault="reset"), ModelUnavailable),
        (Row(fault="redirect"), ModelUnavailable),
        (Row(fault="empty"), ModelUnavailable),
    ],
    ids=str,
)
async def test_faults_are_typed_and_repeat_nothing(
    model: GeminiImages, stub: StubServer, row: Row, kind: type[PodiumError]
) -> None:
    stub.tell(row)
    with pytest.raises(kind) as caught:
        await model.submit(asks("CANARY-8812-of-the-prompt"), Deadline.after(30))
    assert "CANARY" not in str(caught.value)
    assert len(stub.received) == 1


async def test_nobody_there_is_never_sent() -> None:
    model = GeminiImages(gemini_images_card("http://127.0.0.1:9"), KEY)
    with pytest.raises(NeverSent):
        await model.submit(asks(), Deadline.after(30))
    await model.close()
