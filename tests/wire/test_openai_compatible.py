"""The adapter over real sockets: the contract of every chat model, and what a provider may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from deployments.stub.script import Row
from models.deadline import Deadline
from models.errors import (
    BodyTooLarge,
    ContextLengthExceeded,
    DeadlineExceeded,
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    UnsafeContent,
)
from models.messages import ChatRequest, Completion, Message, Sampling, ToolSpec
from models.remote.openai_compatible import OpenAiCompatible
from models.remote.provider_errors import NeverSent
from tests.contracts.chat_contract import CHECKS, Check, Subject
from tests.remote_cards import remote_card
from tests.wire.stub_server import StubServer

KEY = "sk-canary-of-the-adapter-0001"
CANARY = "CANARY-7731-of-the-prompt"
ENDLESS = Row(match="go on", words=100_000, pace=50.0)


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer(ENDLESS, Row()) as server:
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


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, chat: OpenAiCompatible, stub: StubServer) -> None:
    endless = asks("go on")
    await check(Subject(chat, "chatgpt", lambda: stub.stub.open, endless))


async def test_the_bytes_it_promises_are_the_bytes_that_arrive(
    chat: OpenAiCompatible, stub: StubServer
) -> None:
    request = asks(f"{CANARY} ünï", sampling=Sampling(max_tokens=5, temperature=0.0, seed=3))
    done = await whole(chat, request)
    assert done.choices[0].finish_reason == "length"
    [got] = stub.received
    assert got["body"].encode() == chat.body(request)
    assert json.loads(got["body"])["model"] == "vendor-1"
    assert chat.returned_model == "vendor-1"


async def test_only_known_headers_leave(chat: OpenAiCompatible, stub: StubServer) -> None:
    await whole(chat)
    headers = dict(stub.received[0]["headers"])
    assert set(headers) == {
        "host", "accept", "authorization", "content-type", "content-length", "connection",
        "user-agent", "accept-encoding",
    }  # fmt: skip
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == "podium"


async def test_a_tool_is_called(chat: OpenAiCompatible) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = asks(tools=(ToolSpec("count", "Counts.", schema),), tool_choice="required")
    choice = (await whole(chat, request)).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert [(c.name, json.loads(c.arguments)) for c in choice.message.tool_calls] == [
        ("count", {"n": 0})
    ]


async def test_a_schema_constrains_the_answer(chat: OpenAiCompatible, stub: StubServer) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]}
    done = await whole(chat, asks(json_schema=schema))
    assert json.loads(done.choices[0].message.content) == {"a": "x"}
    sent = json.loads(stub.received[0]["body"])["response_format"]
    assert sent["json_schema"] == {"name": "answer", "schema": schema, "strict": True}


REFUSALS: tuple[tuple[Row, type[PodiumError], str], ...] = (
    (Row(status=401), ModelUnavailable, "OPENAI_API_KEY"),
    (Row(status=403), ModelUnavailable, "OPENAI_API_KEY"),
    (Row(status=402), ModelUnavailable, "account"),
    (Row(status=429, code="insufficient_quota"), ModelUnavailable, "account"),
    (Row(status=404), ModelUnavailable, "vendor_model"),
    (Row(status=429), Overloaded, "again"),
    (Row(status=500), ModelUnavailable, "500"),
    (Row(status=503), ModelUnavailable, "503"),
    (Row(status=529, code="overloaded_error"), Overloaded, "full"),
    (Row(status=504), DeadlineExceeded, "in time"),
    (Row(status=413), BodyTooLarge, "too large"),
    (Row(status=400), InvalidRequest, "400"),
    (Row(status=400, code="context_length_exceeded"), ContextLengthExceeded, "too long"),
    (Row(status=400, code="content_filter"), UnsafeContent, "rules"),
    (Row(fault="redirect"), ModelUnavailable, "redirect"),
    (Row(fault="reset"), ModelUnavailable, "connection"),
    (Row(fault="wrong_json"), ModelUnavailable, "no chat completion"),
    (Row(fault="empty"), ModelUnavailable, "broke off"),
    (Row(fault="error_in_stream"), ModelUnavailable, "failed"),
    (Row(fault="error_in_stream", code="rate_limit_exceeded"), Overloaded, "full"),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS, ids=lambda c: f"{c[0].status or c[0].fault}-{c[0].code}")
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
    # Neither a retry nor a followed redirect: both would have passed the gate by.
    assert len(stub.received) == 1 and CANARY in stub.received[0]["body"]


async def test_it_waits_as_long_as_the_provider_says(
    chat: OpenAiCompatible, stub: StubServer
) -> None:
    stub.tell(Row(status=429, retry_after=7))
    with pytest.raises(Overloaded) as caught:
        await whole(chat)
    assert caught.value.retry_after == 7


async def test_a_flood_is_cut_off(stub: StubServer) -> None:
    chat = OpenAiCompatible(remote_card(stub.url, engine={"response_bytes": 200_000}), KEY)
    assert (await whole(chat)).choices[0].message.content
    stub.tell(Row(fault="oversized"))
    with pytest.raises(ModelUnavailable, match="larger"):
        await whole(chat)
    await _idle(stub)
    await chat.close()


async def test_too_large_a_request_stays_inside(stub: StubServer) -> None:
    chat = OpenAiCompatible(remote_card(stub.url, engine={"request_bytes": 1024}), KEY)
    assert (await whole(chat)).choices[0].message.content
    stub.received.clear()
    with pytest.raises(BodyTooLarge):
        await whole(chat, asks("x" * 2000))
    assert not stub.received
    await chat.close()


async def test_a_silent_provider_is_left(stub: StubServer) -> None:
    chat = OpenAiCompatible(remote_card(stub.url, engine={"silence_s": 0.3}), KEY)
    stub.tell(Row(fault="stall"))
    with pytest.raises(ModelUnavailable, match="silent"):
        await whole(chat)
    await _idle(stub)
    await chat.close()


async def test_nobody_there_means_nothing_was_sent() -> None:
    with StubServer() as gone:
        url = gone.url
    chat = OpenAiCompatible(remote_card(url), KEY)
    with pytest.raises(NeverSent):
        await whole(chat)
    await chat.close()


async def test_proxies_of_the_environment_are_not_asked(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StubServer() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        await _by_an_ordinary_client(f"{stub.url}/models")
        assert len(proxy.received) == 1, "the probe: an ordinary client does ask the proxy"
        chat = OpenAiCompatible(remote_card(stub.url), KEY)
        await whole(chat)
        assert len(proxy.received) == 1 and len(stub.received) == 1
        await chat.close()


async def test_leaving_early_stops_the_provider(chat: OpenAiCompatible, stub: StubServer) -> None:
    stream: Any = chat.stream(asks("go on"), Deadline.after(20))
    async with aclosing(stream):
        await anext(stream)
        assert stub.stub.open == 1
    await _idle(stub)
    assert chat.running == 0


async def _by_an_ordinary_client(url: str) -> None:
    import httpx2

    async with httpx2.AsyncClient() as client:
        await client.get(url)


async def _idle(stub: StubServer) -> None:
    async with asyncio.timeout(10):
        while stub.stub.open:  # noqa: ASYNC110 - the stub is in another thread
            await asyncio.sleep(0.01)
