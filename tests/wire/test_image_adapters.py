"""Adapters that make pictures, over real sockets: the contract, and what a provider may do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

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
from models.remote.openai_images import OpenAiImages
from models.remote.provider_errors import NeverSent
from tests.contracts.image_contract import CHECKS, Check
from tests.remote_cards import images_card
from tests.wire.stub_server import StubServer

KEY = "sk-canary-of-the-painter-0001"


@pytest.fixture(scope="module")
def shared() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def stub(shared: StubServer) -> StubServer:
    shared.tell(Row())
    return shared


@pytest.fixture
async def model(stub: StubServer) -> AsyncIterator[OpenAiImages]:
    made = OpenAiImages(images_card(stub.url), KEY)
    yield made
    await made.close()


def asks(prompt: str = "a red lamp", seed: int | None = None) -> ImageRequest:
    return ImageRequest("openai-images", prompt, n=2, size="32x16", quality="low", seed=seed)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(model: OpenAiImages, check: Check) -> None:
    await check((model, {"model": "openai-images"}))


async def test_what_leaves_and_how_it_is_counted(model: OpenAiImages, stub: StubServer) -> None:
    job = await model.submit(asks(), Deadline.after(30))
    assert job.made is not None
    assert job.made.usage is not None
    assert (job.made.usage.images, job.made.usage.completion_tokens) == (2, 2)
    sent = stub.received[-1]
    assert sent["target"] == "/v1/images/generations"
    assert json.loads(sent["body"]) == {
        "model": "vendor-image-1", "prompt": "a red lamp", "n": 2, "size": "32x16",
        "quality": "low",
    }  # fmt: skip


async def test_a_seed_is_refused_by_name(model: OpenAiImages, stub: StubServer) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        await model.submit(asks(seed=7), Deadline.after(30))
    assert caught.value.param == "seed"
    assert stub.received == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (Row(status=400), InvalidRequest),
        (Row(status=400, code="moderation_blocked"), UnsafeContent),
        (Row(status=401), ModelUnavailable),
        (Row(status=429), Overloaded),
        (Row(status=500), ModelUnavailable),
        (Row(fault="wrong_json"), ModelUnavailable),
        (Row(fault="reset"), ModelUnavailable),
        (Row(fault="wrong_type"), ModelUnavailable),
        (Row(fault="redirect"), ModelUnavailable),
        (Row(fault="empty"), ModelUnavailable),
    ],
    ids=str,
)
async def test_faults_are_typed_and_repeat_nothing(
    model: OpenAiImages, stub: StubServer, row: Row, kind: type[PodiumError]
) -> None:
    stub.tell(row)
    with pytest.raises(kind) as caught:
        await model.submit(asks("CANARY-8812-of-the-prompt"), Deadline.after(30))
    assert "CANARY" not in str(caught.value)
    assert len(stub.received) == 1


async def test_nobody_there_is_never_sent() -> None:
    model = OpenAiImages(images_card("http://127.0.0.1:9/v1"), KEY)
    with pytest.raises(NeverSent):
        await model.submit(asks(), Deadline.after(30))
    await model.close()
