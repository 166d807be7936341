"""From a model name in a request to what is asked for: a model, a free choice, or a pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from models.errors import ModelNotFound
from router.decide import DIRECT, Asked, Available, Card, RouteDecision, asked_after, decide
from router.declassify import Declassifier
from router.label import Label
from router.plan import Plan, Prefer
from router.policy import Policy

AUTO = "auto"
AUTO_PRIVATE = "auto:private"
PIPELINE_PREFIX = "pipeline/"
VIRTUAL = (AUTO, AUTO_PRIVATE)


def asked_for(model: str, prefer: Prefer | None = None, kind: str = "chat") -> Asked:
    """What a model name asks for; `auto:private` leaves only models inside."""
    if model in VIRTUAL:
        return Asked(kind=kind, prefer=prefer, private=model == AUTO_PRIVATE)
    return Asked(kind=kind, model=model, prefer=prefer)


def decide_model(
    id: str,
    asked: Asked,
    label: Label,
    cards: Iterable[Card],
    policy: Policy,
    available: Available,
    *,
    needs: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.time,
    declassifiers: Sequence[Declassifier] = (),
) -> RouteDecision:
    """The decision for one chat, speech or embedding request, outside any plan.

    One that is `declassified` is for what that declassifier made of the request, and for nothing
    else. `needs` are capabilities; a model named outright is taken at its word and only a free
    choice is filtered. When nothing is chosen, its `refusal` says why.
    """
    wanted = asked if asked.model else replace(asked, capabilities=needs)
    known, now = tuple(cards), clock()

    def decided(asked: Asked, label: Label, able: Sequence[Declassifier] = ()) -> RouteDecision:
        return decide(id, DIRECT, asked, label, known, policy, available, now, declassifiers=able)

    decision = decided(wanted, label, declassifiers)
    if decision.declassify:
        offer = decision.declassify[0]
        again = decided(asked_after(wanted, offer), offer.label)
        decision = replace(again, declassified=offer.declassifier)
    return decision


def find_plan(model: str, plans: Mapping[str, Plan]) -> Plan | None:
    """The plan of `pipeline/NAME`, None for any other name; raises ModelNotFound."""
    if not model.startswith(PIPELINE_PREFIX):
        return None
    name = model.removeprefix(PIPELINE_PREFIX)
    if name not in plans:
        raise ModelNotFound(
            f"There is no pipeline '{name}'. GET /v1/models lists the models of this server.",
            param="model",
        )
    return plans[name]
