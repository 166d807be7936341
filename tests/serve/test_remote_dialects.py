"""The adapters against a server nobody here wrote: vLLM's own OpenAI and Anthropic endpoints."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from bench.servers import packaged_card, start_bare
from models.catalog import ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import ContextLengthExceeded, ModelUnavailable
from models.messages import ChatRequest, Message, Sampling, ToolSpec
from models.remote.registry import connect
from tests.contracts.chat_contract import CHECKS, PLENTY_S, Check, Subject
from tests.remote_cards import claude_card, remote_card

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["invoice", "refund"]}, "sure": {"type": "boolean"}},
    "required": ["kind", "sure"],
    "additionalProperties": False,
}
TOOL = ToolSpec("file_under", "Files a letter.", SCHEMA)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One vLLM server on the reference model, with the settings of the catalog."""
    with ExitStack() as stack:
        yield start_bare(stack, tmp_path_factory.mktemp("vllm"), _counting_and_calling).settle().url


def _counting_and_calling(words: list[str]) -> list[str]:
    """The same server, which also counts its requests and reads tool calls."""
    parser = str(packaged_card().engine["tool_parser"])
    counting = [word for word in words if word != "--disable-log-stats"]
    return [*counting, "--enable-auto-tool-choice", "--tool-call-parser", parser]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["openai", "anthropic"])
async def subject(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Subject]:
    card = _card(request.param, url)
    chat: Any = connect(card, None)
    # The grammar lets it come to no end of its own before all of this is written.
    schema = {
        "type": "object",
        "properties": {"kind": {"const": "0123456789" * 140}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    endless = ChatRequest(
        card.id, (Message("user", "Hello"),), Sampling(max_tokens=1900), json_schema=schema
    )
    yield Subject(chat, card.id, lambda: _running(url), endless)
    await chat.close()


def _card(dialect: str, url: str, model: str = packaged_card().id) -> ModelCard:
    if dialect == "openai":
        return remote_card(f"{url}/v1", vendor_model=model, engine={"strict_schema": False})
    return claude_card(url, vendor_model=model, engine={"sampling": True})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, subject: Subject) -> None:
    await check(subject)


async def test_the_same_words_by_either_dialect(url: str) -> None:
    """Without chance one model must say one thing, whoever carries it."""
    said = []
    for dialect in ("openai", "anthropic"):
        chat: Any = connect(_card(dialect, url), None)
        turn = (Message("system", "Be brief."), Message("user", "Where is my invoice?"))
        cold = Sampling(max_tokens=24, temperature=0.0)
        ran: list[str] = []
        body = chat.body(ChatRequest("m", turn, cold))
        done = await collect("m", chat.send(body, Deadline.after(PLENTY_S), ran.append))
        said.append((done.choices[0].message.content, done.choices[0].finish_reason, done.usage))
        assert ran == [packaged_card().id]
        await chat.close()
    (text, reason, usage), other = said
    assert text and (text, reason) == other[:2]
    assert usage.completion_tokens == other[2].completion_tokens > 0
    assert usage.prompt_tokens == other[2].prompt_tokens > 0


async def test_a_schema_holds(subject: Subject) -> None:
    request = ChatRequest(
        subject.model,
        (Message("user", "Please refund me."),),
        Sampling(max_tokens=64, temperature=0.0),
        json_schema=SCHEMA,
    )
    done = await subject.chat.complete(request, Deadline.after(PLENTY_S))
    found = json.loads(done.choices[0].message.content)
    assert found["kind"] in ("invoice", "refund") and isinstance(found["sure"], bool)


async def test_a_named_tool_is_called(subject: Subject) -> None:
    request = ChatRequest(
        subject.model,
        (Message("user", "Please refund me."),),
        Sampling(max_tokens=64, temperature=0.0),
        tools=(TOOL,),
        tool_choice=TOOL.name,
    )
    done = await subject.chat.complete(request, Deadline.after(PLENTY_S))
    [call] = done.choices[0].message.tool_calls
    assert call.name == TOOL.name and call.id
    assert set(json.loads(call.arguments)) == {"kind", "sure"}


async def test_a_prompt_over_the_window_is_said_as_one(subject: Subject) -> None:
    request = ChatRequest(subject.model, (Message("user", "word " * 9000),), Sampling(max_tokens=8))
    with pytest.raises(ContextLengthExceeded):
        await subject.chat.complete(request, Deadline.after(PLENTY_S))


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
async def test_a_model_that_is_not_there(dialect: str, url: str) -> None:
    chat: Any = connect(_card(dialect, url, "retired-1"), None)
    request = ChatRequest("m", (Message("user", "Hello"),))
    with pytest.raises(ModelUnavailable, match="vendor_model"):
        await chat.complete(request, Deadline.after(PLENTY_S))
    await chat.close()


def _running(url: str) -> int:
    """Requests in the engine, by the server's own count."""
    lines = httpx2.get(f"{url}/metrics", timeout=10.0).text.splitlines()
    found = [line for line in lines if line.startswith("vllm:num_requests_running")]
    return int(sum(float(line.rpartition(" ")[2]) for line in found))
