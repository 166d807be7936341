"""Every adapter over real sockets: the contract of a chat model, and what a provider may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from deployments.stub.pictures import picture
from deployments.stub.script import Row
from models.collect import collect
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
from models.messages import ChatRequest, Completion, Message, Picture, Sampling, ToolCall, ToolSpec
from models.remote.provider_errors import NeverSent
from tests.contracts.chat_contract import CHECKS, Check, Subject
from tests.forward import Forward
from tests.wire.spoken import CANARY, KEY, SPOKEN, Spoken
from tests.wire.stub_server import StubServer

HOURS_S = 7200.0
ENDLESS = Row(match="go on", words=100_000, pace=50.0)
SCHEMA = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]}
COUNT = ToolSpec(
    "count", "Counts.", {"type": "object", "properties": {"n": {"type": "integer"}},
                         "required": ["n"]},
)  # fmt: skip
NOW = ToolSpec("now", "Tells the time.", {"type": "object", "properties": {}})
PIXEL = picture("one pixel", 1, 1)


@pytest.fixture(scope="module")
def shared() -> Iterator[StubServer]:
    with StubServer(ENDLESS, Row()) as server:
        yield server


@pytest.fixture
async def stub(shared: StubServer) -> StubServer:
    """It notices only now and then that a client of an earlier test has left."""
    await _idle(shared)
    shared.stub.fell_silent = lambda: None
    shared.tell(ENDLESS, Row())
    return shared


@pytest.fixture(params=SPOKEN, ids=lambda spoken: spoken.name)
def spoken(request: pytest.FixtureRequest) -> Spoken:
    found: Spoken = request.param
    return found


@pytest.fixture
async def chat(spoken: Spoken, stub: StubServer) -> AsyncIterator[Any]:
    made = spoken.make(stub.url)
    yield made
    await made.close()


async def whole(chat: Any, request: ChatRequest, seconds: float = 20) -> Completion:
    done: Completion = await chat.complete(request, Deadline.after(seconds))
    return done


async def told(chat: Any, request: ChatRequest) -> tuple[Completion, list[str]]:
    """The whole answer, and the models that it was said to be of."""
    ran: list[str] = []
    deltas = chat.send(chat.body(request), Deadline.after(20), ran.append)
    return await collect(request.model, deltas), ran


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, chat: Any, spoken: Spoken, stub: StubServer) -> None:
    await check(Subject(chat, spoken.model, lambda: stub.stub.open, spoken.asks("go on")))


async def test_the_bytes_it_promises_are_the_bytes_that_arrive(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    request = spoken.asks(f"{CANARY} ünï", sampling=Sampling(max_tokens=5))
    done = await whole(chat, request)
    assert done.choices[0].finish_reason == "length"
    [got] = stub.received
    assert got["body"].encode() == chat.body(request)
    assert "vendor-1" in got["body"] + got["target"]


async def test_only_known_headers_leave(chat: Any, spoken: Spoken, stub: StubServer) -> None:
    await whole(chat, spoken.asks())
    headers = dict(stub.received[0]["headers"])
    name, value = spoken.key_header
    assert set(headers) == spoken.headers | {
        "host", "accept", name, "content-type", "content-length", "connection", "user-agent",
        "accept-encoding",
    }  # fmt: skip
    assert headers[name] == value
    assert headers["user-agent"] == "podium"


async def test_a_tool_is_called(chat: Any, spoken: Spoken) -> None:
    choice = (await whole(chat, spoken.asks(tools=(COUNT,), tool_choice="required"))).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert [(c.name, json.loads(c.arguments)) for c in choice.message.tool_calls] == [
        ("count", {"n": 0})
    ]


async def test_two_tools_are_called_at_once_and_answered(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    stub.tell(Row(echo=True))
    asked = spoken.asks("Use count on 7, and now.", tools=(COUNT, NOW))
    calls = (await whole(chat, asked)).choices[0].message.tool_calls
    assert [(c.name, json.loads(c.arguments)) for c in calls] == [("count", {"n": 7}), ("now", {})]
    assert len({call.id for call in calls}) == 2
    results = tuple(Message("tool", f"R{n}", tool_call_id=c.id) for n, c in enumerate(calls))
    turn = (*asked.messages, Message("assistant", "", tool_calls=calls), *results)
    done = await whole(chat, ChatRequest(spoken.model, turn, tools=(COUNT, NOW)))
    assert done.choices[0].message.content.split() == ["R0", "R1"]
    assert done.choices[0].finish_reason == "stop"


async def test_the_tool_that_is_named_is_called(chat: Any, spoken: Spoken) -> None:
    choice = (await whole(chat, spoken.asks(tools=(COUNT, NOW), tool_choice="now"))).choices[0]
    assert choice.message.tool_calls[0].name == "now"
    assert choice.message.tool_calls[0].arguments == "{}"


async def test_a_schema_constrains_the_answer(chat: Any, spoken: Spoken) -> None:
    done = await whole(chat, spoken.asks(json_schema=SCHEMA))
    assert json.loads(done.choices[0].message.content) == {"a": "x"}


async def test_thoughts_and_cached_tokens_are_told_apart(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    stub.tell(Row(reasoning="let me see", cached=1))
    done = await whole(chat, spoken.asks("one two"))
    assert done.choices[0].reasoning == "let me see"
    assert done.choices[0].message.content == Row().reply
    assert done.usage.prompt_tokens == 2 and done.usage.cached_tokens == 1
    assert done.usage.completion_tokens >= 8


async def test_a_refusal_ends_as_one(chat: Any, spoken: Spoken, stub: StubServer) -> None:
    stub.tell(Row(refusal="I will not."))
    choice = (await whole(chat, spoken.asks())).choices[0]
    assert choice.message.content == "I will not."
    assert choice.finish_reason == "content_filter"


async def test_it_stops_where_it_is_told(chat: Any, spoken: Spoken) -> None:
    choice = (await whole(chat, spoken.asks(sampling=Sampling(stop=("stub",))))).choices[0]
    assert choice.message.content.strip() == "This is the"
    assert choice.finish_reason == "stop"


async def test_system_messages_and_pictures_arrive(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    turn = (Message("system", "BE-BRIEF"), Message("user", "SEE", pictures=(PICTURE,)))
    await whole(chat, ChatRequest(spoken.model, turn))
    sent = stub.received[0]["body"]
    assert PIXEL in sent and "image/png" in sent and "BE-BRIEF" in sent and "SEE" in sent


PICTURE = Picture("image/png", PIXEL)
REFUSALS: tuple[tuple[Row, type[PodiumError], str], ...] = (
    (Row(status=401), ModelUnavailable, "_API_KEY"),
    (Row(status=403), ModelUnavailable, "_API_KEY"),
    (Row(status=402), ModelUnavailable, "account"),
    (Row(status=404), ModelUnavailable, "vendor_model"),
    (Row(status=410), ModelUnavailable, "vendor_model"),
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
    (Row(fault="empty"), ModelUnavailable, ""),
    (Row(fault="error_in_stream", code="rate_limit_error"), Overloaded, "full"),
    (Row(model="gpt-of-somebody-else"), ModelUnavailable, "another model"),
    (Row(reason="error"), ModelUnavailable, ""),
)  # fmt: skip


@pytest.mark.parametrize(
    "case", REFUSALS, ids=lambda c: f"{c[0].status or c[0].fault or c[0].reason}-{c[0].code}"
)
async def test_a_provider_that_fails(
    case: tuple[Row, type[PodiumError], str], chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    row, kind, words = case
    stub.tell(row)
    with pytest.raises(PodiumError) as caught:
        await whole(chat, spoken.asks())
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert CANARY not in str(caught.value) and KEY not in str(caught.value)
    # Neither a retry nor a followed redirect: both would have passed the gate by.
    assert len(stub.received) == 1 and CANARY in stub.received[0]["body"]


# With a reply of four words no dialect's stream has more events than this before its end.
POINTS = range(-1, 10)
# Over as soon as the stub falls silent, and not before: a busy machine is silent too.
SILENCE_S, PATIENCE_S = 20.0, 60.0
BREAKS = ("reset", "stall", "wrong_json", "wrong_type", "error_in_stream", "oversized")


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_stream_that_breaks_at_any_point_ends_in_a_typed_error(
    fault: Any, spoken: Spoken, stub: StubServer
) -> None:
    """A typed error in time wherever it strikes, until the answer has come to its end."""
    chat = spoken.make(stub.url, engine={"silence_s": SILENCE_S, "response_bytes": 300_000})
    forward = Forward(asyncio.get_running_loop())
    stub.stub.fell_silent = lambda: forward(SILENCE_S)
    outcomes = []
    for after in POINTS:
        stub.tell(Row(reply="a b c d", fault=fault, after=after))
        outcomes.append(await _outcome(chat, spoken))
    assert outcomes[0] != "whole"
    struck = outcomes[: outcomes.index("whole")] if "whole" in outcomes else outcomes
    assert len(struck) >= 3
    assert set(outcomes[len(struck) :]) <= {"whole"}
    await _idle(stub)
    assert chat.running == 0
    await chat.close()


async def _outcome(chat: Any, spoken: Spoken) -> str:
    said = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for delta in chat.stream(spoken.asks(), Deadline.after(PATIENCE_S)):
                said += delta.text
    except PodiumError as error:
        assert isinstance(error, ModelUnavailable), type(error)
        assert "a b c d".startswith(said)
        return type(error).__name__
    assert said == "a b c d"
    return "whole"


async def test_no_header_by_the_deadline(chat: Any, spoken: Spoken, stub: StubServer) -> None:
    stub.tell(Row(fault="slow_header"))
    with pytest.raises((DeadlineExceeded, ModelUnavailable)):
        await whole(chat, spoken.asks(), 0.3)
    assert chat.running == 0


async def test_it_waits_as_long_as_the_provider_says(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    stub.tell(Row(status=429, retry_after=7))
    with pytest.raises(Overloaded) as caught:
        await whole(chat, spoken.asks())
    assert caught.value.retry_after == 7


async def test_a_dated_version_is_the_model_asked_for(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    stub.tell(Row(model="vendor-1-2026-11-01"))
    done, ran = await told(chat, spoken.asks())
    assert done.choices[0].message.content and ran == ["vendor-1-2026-11-01"]


async def test_each_request_is_told_of_its_own_model(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    """One that ends while another is under way does not take the other's name."""
    stub.tell(
        Row(match="slow", model="vendor-1-2026-01-01", pace=1 / HOURS_S),
        Row(model="vendor-1-2026-11-01"),
    )
    slow = asyncio.create_task(told(chat, spoken.asks("slow")))
    async with asyncio.timeout(10):
        while not stub.stub.open:  # noqa: ASYNC110 - the stub is in another thread
            await asyncio.sleep(0.01)
    _, quick = await told(chat, spoken.asks("quick"))
    assert not slow.done(), "the probe: they ran at the same time"
    assert quick == ["vendor-1-2026-11-01"]
    while not slow.done():
        stub.forward(HOURS_S)
        await asyncio.sleep(0.01)
    assert (await slow)[1] == ["vendor-1-2026-01-01"]


async def test_too_large_a_request_stays_inside(spoken: Spoken, stub: StubServer) -> None:
    chat = spoken.make(stub.url, engine={"request_bytes": 1024})
    assert (await whole(chat, spoken.asks())).choices[0].message.content
    stub.received.clear()
    with pytest.raises(BodyTooLarge):
        await whole(chat, spoken.asks("x" * 2000))
    assert not stub.received
    await chat.close()


async def test_nobody_there_means_nothing_was_sent(spoken: Spoken) -> None:
    with StubServer() as gone:
        url = gone.url
    chat = spoken.make(url)
    with pytest.raises(NeverSent):
        await whole(chat, spoken.asks())
    await chat.close()


async def test_neither_proxies_nor_settings_of_the_environment_are_asked(
    spoken: Spoken, stub: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StubServer() as proxy:
        elsewhere = proxy.url.removesuffix("/v1")
        for name in (
            "HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL",
            "GOOGLE_GEMINI_BASE_URL",
        ):  # fmt: skip
            monkeypatch.setenv(name, elsewhere)
        monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-leak: 1")
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        await _by_an_ordinary_client(f"{stub.url}/models")
        assert len(proxy.received) == 1, "the probe: an ordinary client does ask the proxy"
        chat = spoken.make(stub.url)
        await whole(chat, spoken.asks())
        assert len(proxy.received) == 1 and len(stub.received) == 1
        assert "x-leak" not in dict(stub.received[0]["headers"])
        await chat.close()


async def test_leaving_early_stops_the_provider(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    stream: Any = chat.stream(spoken.asks("go on"), Deadline.after(20))
    async with aclosing(stream):
        await anext(stream)
        assert stub.stub.open == 1
    await _idle(stub)
    assert chat.running == 0


async def test_an_earlier_call_without_arguments_is_carried(
    chat: Any, spoken: Spoken, stub: StubServer
) -> None:
    turn = (
        Message("user", "now?"),
        Message("assistant", "", tool_calls=(ToolCall("c1", "now", ""),)),
        Message("tool", '{"hour": 3}', tool_call_id="c1"),
    )
    await whole(chat, ChatRequest(spoken.model, turn, tools=(NOW,)))
    assert '"now"' in stub.received[0]["body"] and "hour" in stub.received[0]["body"]


async def _by_an_ordinary_client(url: str) -> None:
    import httpx2

    async with httpx2.AsyncClient() as client:
        await client.get(url)


async def _idle(stub: StubServer) -> None:
    async with asyncio.timeout(10):
        while stub.stub.open:  # noqa: ASYNC110 - the stub is in another thread
            await asyncio.sleep(0.01)
