"""Calling a model for a step: decide, then try those allowed, one after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded, PodiumError
from router.decide import Asked, Card, RouteDecision, asked_after, decide
from router.declassify import Declassifier, Offer
from router.label import Label
from router.plan import Step
from router.policy import LOCAL
from router.recorder import random_id
from router.steps.kind import StepCall

T = TypeVar("T")
Ask: TypeAlias = Callable[[Card, RouteDecision], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Dispatched(Generic[T]):
    """An answer and the model that gave it."""

    answer: T
    card: Card


def asked_of(step: Step, kind: str, capabilities: frozenset[str] = frozenset()) -> Asked:
    """What a step's route asks for; `auto` is no model but a wish for a choice."""
    model = step.route.model
    virtual = model in ("auto", "auto:private")
    return Asked(
        kind=kind,
        model=None if virtual else model,
        prefer=step.route.prefer,
        fallback=step.fallback,
        on_denied=step.on_denied,
        private=model == "auto:private",
        capabilities=capabilities,
    )


async def dispatch(
    call: StepCall,
    kind: str,
    ask: Ask[T],
    capabilities: frozenset[str] = frozenset(),
    declassifiers: Sequence[Declassifier] = (),
) -> Dispatched[T]:
    """The answer of the first model that gives one.

    When none may be asked as it is, one that a declassifier opens is: then `ask` is given a
    decision that is `declassified`, and must send what that declassifier made.

    Raises PolicyDenied or NoEligibleModel when none may be asked, and otherwise the last error.
    """
    now = call.value("now", time.time)
    asked = asked_of(call.step, kind, capabilities)
    decision = _decide(call, asked, now, declassifiers)
    if decision.declassify:
        return await _lowered(call, asked, decision.declassify[0], now, ask)
    cards = {card.id: card for card in call.around.cards}
    failure: PodiumError | None = None
    for name in decision.order:
        card = cards[name]
        # That an earlier one failed is something this one is told.
        if not call.around.policy.eligible(card, call.tell.label(), now).ok:
            continue
        call.tell.told_by(_brought_by(card, call))
        try:
            return Dispatched(await _persist(call, card, decision, ask), card)
        except (ModelUnavailable, Overloaded, DeadlineExceeded) as error:
            if isinstance(error, DeadlineExceeded) and call.deadline.remaining() <= 0:
                raise
            failure = error
            call.tell.restart()
    raise failure or decision.refusal()


async def _lowered(
    call: StepCall, asked: Asked, offer: Offer, now: float, ask: Ask[T]
) -> Dispatched[T]:
    """Decide again, with the label left, and ask that one model.

    No other is tried after it: that it failed is told under the label of the data as it was.
    """
    decision = _decide(call, asked_after(asked, offer), now, offer=offer)
    if decision.chosen is None:
        raise decision.refusal()
    card = next(card for card in call.around.cards if card.id == decision.chosen)
    call.tell.told_by(_brought_by(card, call))
    return Dispatched(await _persist(call, card, decision, ask), card)


def _decide(
    call: StepCall,
    asked: Asked,
    now: float,
    declassifiers: Sequence[Declassifier] = (),
    offer: Offer | None = None,
) -> RouteDecision:
    around = call.around
    decision = decide(
        id=call.value("decision", lambda: random_id("dec")),
        step=call.step.name,
        asked=asked,
        label=call.tell.label() if offer is None else offer.label,
        cards=around.cards,
        policy=around.policy,
        available=lambda model: call.value(
            f"available/{model}", lambda: around.capabilities.available(model)
        ),
        now=now,
        declassifiers=declassifiers,
    )
    if offer is not None:
        decision = replace(decision, declassified=offer.declassifier)
    call.tell.decided(decision)
    return decision


async def _persist(call: StepCall, card: Card, decision: RouteDecision, ask: Ask[T]) -> T:
    """Ask one model, again after ModelUnavailable as often as the step's retry allows."""
    retry = call.step.retry
    for _ in range(retry.attempts):
        try:
            return await ask(card, decision)
        except ModelUnavailable:
            call.deadline.check(call.step.name)
            call.tell.restart()
            await asyncio.sleep(min(retry.backoff_s, call.deadline.remaining()))
    return await ask(card, decision)


def _brought_by(card: Card, call: StepCall) -> Label:
    """What a model adds to the label of its answer: nothing inside, distrust from outside."""
    return Label() if card.site == LOCAL else call.around.policy.source("model_remote")
