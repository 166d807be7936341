"""From a model name in a request to what is asked for: a model, a free choice, or a pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from models.errors import ModelNotFound
from router.decide import Asked, Available, Card, RouteDecision, decide
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
) -> RouteDecision:
    """The decision for one chat, speech or embedding request, outside any plan.

    Raises ModelNotFound, PolicyDenied or NoEligibleModel when nothing may be called. `needs` are
    capabilities; a model named outright is taken at its word and only a free choice is filtered.
    """
    wanted = asked if asked.model else replace(asked, capabilities=needs)
    decision = decide(id, "request", wanted, label, cards, policy, available, clock())
    if decision.chosen is None:
        raise decision.refusal()
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
