"""What only servers of OpenAI's dialect do, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from deployments.stub.script import Row
from models.deadline import Deadline
from models.errors import ModelUnavailable, Overloaded, PodiumError
from models.messages import ChatRequest, Completion, Message, Sampling
from models.remote.openai_compatible import OpenAiCompatible
from tests.remote_cards import remote_card
from tests.wire.spoken import CANARY, KEY
from tests.wire.stub_server import StubServer

# httpx2 by itself keeps to a hundred connections.
MANY = 130


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
async def chat(stub: StubServer) -> AsyncIterator[OpenAiCompatible]:
    made = OpenAiCompatible(remote_card(stub.url), KEY)
    yield made
    await made.close()


def asks(text: str = CANARY, **fields: Any) -> ChatRequest:
    return ChatRequest("chatgpt", (Message("user", text),), **fields)


async def whole(chat: OpenAiCompatible, request: ChatRequest | None = None) -> Completion:
    return await chat.complete(request or asks(), Deadline.after(20))


async def test_a_schema_is_sent_as_a_strict_one(chat: OpenAiCompatible, stub: StubServer) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]}
    done = await whole(chat, asks(json_schema=schema))
    assert json.loads(done.choices[0].message.content) == {"a": "x"}
    sent = json.loads(stub.received[0]["body"])["response_format"]
    assert sent["json_schema"] == {"name": "answer", "schema": schema, "strict": True}


async def test_logprobs_come_with_their_words(chat: OpenAiCompatible, stub: StubServer) -> None:
    done = await whole(chat, asks(sampling=Sampling(logprobs=True)))
    tokens = done.choices[0].logprobs
    assert "".join(token.token for token in tokens) == done.choices[0].message.content
    assert {token.logprob for token in tokens} == {-0.25}


REFUSALS: tuple[tuple[Row, type[PodiumError], str], ...] = (
    (Row(status=429, code="insufficient_quota"), ModelUnavailable, "account"),
    (Row(fault="reset"), ModelUnavailable, "connection"),
    (Row(fault="wrong_json"), ModelUnavailable, "no chat completion"),
    (Row(fault="empty"), ModelUnavailable, "broke off"),
    (Row(fault="error_in_stream"), ModelUnavailable, "failed"),
    (Row(fault="error_in_stream", code="rate_limit_exceeded"), Overloaded, "full"),
    (Row(reason="insufficient_system_resource"), Overloaded, "full"),
    (Row(reason="error"), ModelUnavailable, "failed"),
)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda c: f"{c[0].fault or c[0].reason}-{c[0].code}")
async def test_a_provider_that_fails(
    case: tuple[Row, type[PodiumError], str], chat: OpenAiCompatible, stub: StubServer
) -> None:
    row, kind, words = case
    stub.tell(row)
    with pytest.raises(PodiumError) as caught:
        await whole(chat)
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert CANARY not in str(caught.value) and KEY not in str(caught.value)
    assert len(stub.received) == 1 and CANARY in stub.received[0]["body"]


async def test_a_full_window_is_a_length(chat: OpenAiCompatible, stub: StubServer) -> None:
    stub.tell(Row(reason="model_length"))
    assert (await whole(chat)).choices[0].finish_reason == "length"


async def test_a_flood_is_cut_off(stub: StubServer) -> None:
    chat = OpenAiCompatible(remote_card(stub.url, engine={"response_bytes": 200_000}), KEY)
    assert (await whole(chat)).choices[0].message.content
    stub.tell(Row(fault="oversized"))
    with pytest.raises(ModelUnavailable, match="larger"):
        await whole(chat)
    await _idle(stub)
    await chat.close()


async def test_a_silent_provider_is_left(stub: StubServer) -> None:
    chat = OpenAiCompatible(remote_card(stub.url, engine={"silence_s": 0.3}), KEY)
    stub.tell(Row(fault="stall"))
    with pytest.raises(ModelUnavailable, match="silent"):
        await whole(chat)
    await _idle(stub)
    await chat.close()


async def _idle(stub: StubServer) -> None:
    async with asyncio.timeout(10):
        while stub.stub.open:  # noqa: ASYNC110 - the stub is in another thread
            await asyncio.sleep(0.01)


async def test_more_answers_are_open_at_once_than_the_library_lets_by_itself(
    chat: OpenAiCompatible, stub: StubServer
) -> None:
    stub.tell(Row(pace=0.5, words=100_000))
    answers = [aiter(chat.stream(asks(), Deadline.after(60))) for _ in range(MANY)]
    firsts = [asyncio.create_task(open_one(answer)) for answer in answers]
    async with asyncio.timeout(60):
        while stub.stub.open < MANY:  # noqa: ASYNC110 - the stub has no event for it
            await asyncio.sleep(0.01)
    assert chat.running == MANY
    for task in firsts:
        task.cancel()
    await asyncio.wait(firsts)


async def open_one(answer: Any) -> None:
    await anext(answer)
