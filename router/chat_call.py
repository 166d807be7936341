"""One answer of a chat model for a step, streamed where the step streams, recorded always."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from models.collect import Collector
from models.errors import ContextLengthExceeded, DeadlineExceeded, PodiumError, ReplicaLost
from models.messages import (
    ChatRequest,
    Completion,
    FinishReason,
    Origin,
    Sampling,
    Usage,
)
from models.ports import ChatModel
from router.budget_estimate import chat_bound
from router.decide import Card, RouteDecision
from router.dispatch import dispatch
from router.passages import Passage
from router.policy import LOCAL
from router.prompts import Prompt
from router.pseudonyms.chat import PseudonymousChat
from router.steps.kind import StepCall

PASSAGES = "passages"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, who it was, and the passages that fitted into its window.

    `nano` is what it cost, in nano-dollars.
    """

    text: str
    card: Card
    usage: Usage
    nano: int
    finish_reason: FinishReason
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask: the prompt, how to sample, and the schema of the answer, if any."""

    prompt: Prompt
    sampling: Sampling
    schema: Mapping[str, Any] | None = None


async def answer(call: StepCall, question: Question, arguments: Mapping[str, Any]) -> Answer:
    """Ask; when the window is too small, ask again with the least of the passages left out."""
    try:
        return await _answer(call, question, arguments)
    except ContextLengthExceeded:
        fewer = _fewer(arguments.get(PASSAGES))
        if fewer is None:
            raise
    call.tell.restart()
    return await answer(call, question, {**arguments, PASSAGES: fewer})


def _fewer(passages: Sequence[Passage] | None) -> Sequence[Passage] | None:
    return passages[:-1] if passages and len(passages) > 1 else None


async def _answer(call: StepCall, question: Question, arguments: Mapping[str, Any]) -> Answer:
    messages = question.prompt.render(arguments)
    needed = frozenset({"json_schema"}) if question.schema is not None else frozenset[str]()

    wanted = ChatRequest(
        model="",
        messages=messages,
        sampling=question.sampling,
        json_schema=question.schema,
        cache_salt=_salt(call),
        priority=call.request.priority,
        request_id=call.request.request_id,
    )
    redacting = call.redacting(wanted)

    async def ask(card: Card, decision: RouteDecision) -> Completion:
        model = call.around.capabilities.chat(card.id)
        if decision.declassified and redacting is not None:
            model = PseudonymousChat(model, redacting)
        origin = None if card.site == LOCAL else _origin(call, decision)
        get = _streamed if _streams(call, question) else _whole
        request = replace(wanted, model=card.id, origin=origin)
        return await _paid(call, card, request, lambda: get(call, model, request))

    done = await dispatch(call, "chat", ask, needed, () if redacting is None else (redacting,))
    choice = done.answer.choices[0]
    return Answer(
        choice.message.content.strip(),
        done.card,
        done.answer.usage,
        done.card.tariff.nano(done.answer.usage),
        choice.finish_reason,
        arguments,
    )


def _salt(call: StepCall) -> str | None:
    """Keeps the prefix cache of one level from another's, within a run as between requests."""
    own = call.request.cache_salt
    return own and f"{own}.{call.tell.label().level.name}"


async def _paid(
    call: StepCall, card: Card, request: ChatRequest, get: Callable[[], Awaitable[Completion]]
) -> Completion:
    """The answer, with what it may cost at most taken from the run's budget beforehand.

    Seconds of an engine are taken up to the step's timeout_s; without one they count afterwards.
    A call that was refused used nothing. One of which nobody knows what it used keeps what was
    taken; one that is broken off counts the engine's seconds until then as well.
    """
    seconds, left = call.step.timeout_s or 0.0, call.deadline.remaining()
    held = call.reserve(chat_bound(card, request, card.window, seconds).nano_usd)
    try:
        done = await get()
    except PodiumError as error:
        if not isinstance(error, DeadlineExceeded | ReplicaLost):
            held.nano = 0
        raise
    except asyncio.CancelledError:
        worked = left - call.deadline.remaining()
        held.nano = max(held.nano, chat_bound(card, request, card.window, worked).nano_usd)
        raise
    held.nano = card.tariff.nano(done.usage)
    return done


def _origin(call: StepCall, decision: RouteDecision) -> Origin:
    """What the gate must know of a request for a model outside."""
    return Origin(
        request_id=call.request.request_id,
        decision_id=decision.id,
        tenant=call.request.tenant,
        step=decision.step,
        label=decision.label.to_json(),
        policy_digest=decision.policy_digest,
    )


def _streams(call: StepCall, question: Question) -> bool:
    return question.schema is None if call.step.stream is None else call.step.stream


async def _whole(call: StepCall, model: ChatModel, request: ChatRequest) -> Completion:
    return await call.recorded(
        f"answer/{request.model}", lambda: model.complete(request, call.deadline)
    )


async def _streamed(call: StepCall, model: ChatModel, request: ChatRequest) -> Completion:
    collector = Collector(request.model)
    # Recorded with its values in place: tokens say nothing once the run is over.
    deltas = call.stream(f"deltas/{request.model}", lambda: model.stream(request, call.deadline))
    async with aclosing(deltas):
        async for delta in deltas:
            collector.add(delta)
            if delta.text:
                call.tell.delta(delta.text)
    return collector.completion()


def again(sampling: Sampling) -> Sampling:
    """How a second try is sampled, so that it can differ from the first."""
    return replace(sampling, temperature=max(0.5, sampling.temperature or 0.0), seed=1)


def add(a: Usage, b: Usage) -> Usage:
    """What both used."""
    return Usage(
        a.prompt_tokens + b.prompt_tokens,
        a.completion_tokens + b.completion_tokens,
        a.cached_tokens + b.cached_tokens,
        a.reasoning_tokens + b.reasoning_tokens,
        a.cache_write_tokens + b.cache_write_tokens,
        a.engine_seconds + b.engine_seconds,
    )
