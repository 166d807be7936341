"""The engine of transformers, in this process, keeps the contract of every chat model."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from models.catalog import builtin_catalog, load_catalog
from models.deadline import Deadline
from models.errors import ContextLengthExceeded, InvalidRequest, UnsupportedParameter
from models.messages import ChatRequest, Completion, Message, Sampling, ToolSpec
from models.weights import weights_folder
from tests.contracts.chat_contract import CHECKS, PLENTY_S, Check, Subject, hello

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:::"),
]

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["n"],
    "additionalProperties": False,
}
END = {2: -100.0}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def subject() -> AsyncIterator[Subject]:
    """One engine for all checks."""
    from models.local.transformers_engine import TransformersEngine
    from models.local.transformers_settings import TransformersSettings

    card = load_catalog([builtin_catalog()]).card("mistral")
    settings = TransformersSettings(dtype="float32", max_num_seqs=4)
    engine = TransformersEngine(card.id, weights_folder(card), settings)
    endless = ChatRequest(
        card.id, (Message("user", "Hello"),), Sampling(max_tokens=1900, logit_bias=END)
    )
    yield Subject(engine, card.id, lambda: engine.stats().running, endless)
    engine.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, subject: Subject) -> None:
    await check(subject)


async def test_the_best_tokens_are_those_of_vllm(subject: Subject, engine: Any) -> None:
    """Two engines, one set of weights: greedy answers are the same text."""
    request = hello(subject, logprobs=True, top_logprobs=2)
    request = replace(request, sampling=replace(request.sampling, max_tokens=24))
    theirs = (await engine.complete(request, Deadline.after(PLENTY_S))).choices[0]
    ours = (await _whole(subject, request)).choices[0]
    assert (ours.message, ours.finish_reason) == (theirs.message, theirs.finish_reason)
    for one, two in zip(ours.logprobs, theirs.logprobs, strict=True):
        assert one.token == two.token
        assert one.logprob == pytest.approx(two.logprob, abs=1e-3)


async def test_a_seed_draws_the_same_again(subject: Subject) -> None:
    drawn = {"temperature": 1.5, "n": 2}
    asked = hello(subject)
    once, again, other = [
        await _whole(
            subject,
            replace(asked, sampling=Sampling(max_tokens=12, seed=seed, logit_bias=END, **drawn)),
        )
        for seed in (7, 7, 8)
    ]
    assert once == again != other
    assert once.choices[0].message != once.choices[1].message


async def test_an_answer_holds_to_its_schema(subject: Subject) -> None:
    asked = replace(hello(subject), json_schema=SCHEMA, sampling=Sampling(max_tokens=64))
    [choice] = (await _whole(subject, asked)).choices
    assert 1 <= json.loads(choice.message.content)["n"] <= 9
    assert choice.finish_reason == "stop"


async def test_a_named_tool_is_called(subject: Subject) -> None:
    tool = ToolSpec("count", "Counts.", SCHEMA)
    asked = replace(hello(subject), tools=(tool,), sampling=Sampling(max_tokens=64))
    [choice] = (await _whole(subject, replace(asked, tool_choice="count"))).choices
    [call] = choice.message.tool_calls
    assert call.name == "count" and 1 <= json.loads(call.arguments)["n"] <= 9
    assert choice.finish_reason == "tool_calls"
    with pytest.raises(UnsupportedParameter, match="tool_choice"):
        await _whole(subject, asked)


async def test_a_stop_ends_the_answer_before_it(subject: Subject) -> None:
    whole = (await _whole(subject, hello(subject))).choices[0].message.content
    stop = whole[3:6]
    [choice] = (await _whole(subject, hello(subject, stop=(stop,)))).choices
    assert choice.message.content == whole[: whole.index(stop)]
    assert (choice.finish_reason, choice.stop_sequence) == ("stop", stop)


async def test_penalties_and_biases_change_what_is_drawn(subject: Subject) -> None:
    def asked(**sampling: float) -> ChatRequest:
        drawn = Sampling(max_tokens=24, temperature=0, logit_bias=END, **sampling)  # type: ignore[arg-type]
        return replace(hello(subject), sampling=drawn)

    plain = await _whole(subject, asked())
    for name in ("frequency_penalty", "presence_penalty", "repetition_penalty"):
        assert await _whole(subject, asked(**{name: 1.9})) != plain, name


async def test_what_one_client_asks_does_not_stop_the_model(subject: Subject) -> None:
    for bad in ({"logit_bias": {10**6: 1.0}}, {"logit_bias": {-1: 1.0}}, {"repetition_penalty": 0}):
        asked = replace(hello(subject), sampling=Sampling(max_tokens=4, **bad))  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            await _whole(subject, asked)
        await subject.chat.check_health()  # type: ignore[attr-defined]
    assert await _whole(subject, hello(subject))


async def test_the_window_is_kept(subject: Subject) -> None:
    with pytest.raises(ContextLengthExceeded):
        await _whole(subject, replace(hello(subject), sampling=Sampling(max_tokens=100_000)))


async def _whole(subject: Subject, request: ChatRequest) -> Completion:
    return await subject.chat.complete(request, Deadline.after(PLENTY_S))
