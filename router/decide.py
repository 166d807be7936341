"""The decision: policy removes candidates first, priors rank what is left, everything is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from models.errors import ModelNotFound, NoEligibleModel, PodiumError, PolicyDenied
from models.tariff import Tariff
from router.declassify import Declassifier, Offer, offers
from router.label import Label
from router.plan import OnDenied, Prefer
from router.policy import LOCAL, Policy, Subject
from router.scoring import priors, score

# True when the model can be asked now; False, or a text that says why not.
Available = Callable[[str], bool | str]
# The step of a request that is no pipeline's.
DIRECT = "request"


class Card(Subject, Protocol):
    """What deciding needs to know of a model; a ModelCard is one."""

    @property
    def kind(self) -> str:
        """`chat`, `speech`, `embedding` or `image`."""

    @property
    def dialect(self) -> str:
        """The engine or wire dialect behind it."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can do beside answering."""

    @property
    def tariff(self) -> Tariff:
        """What it charges."""

    @property
    def window(self) -> int | None:
        """The tokens that prompt and answer may have together, None when not known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step or a request asks for.

    `model` None leaves the choice to the router, among local models only when `private`.
    """

    kind: str = "chat"
    model: str | None = None
    prefer: Prefer | None = None
    fallback: tuple[str, ...] = ()
    on_denied: OnDenied = "fail"
    private: bool = False
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model considered; `removed_by` names the rule that took it out."""

    model: str
    site: str | None
    score: float | None = None
    removed_by: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """Every candidate, the rules that removed some, and the order in which the rest are tried.

    `declassify` is filled only when nothing may be asked as it is: each offer names a declassifier
    after whose work a model may be asked; decide again with the label it leaves. `declassified`
    names the one after whose work this decision was made.
    """

    id: str
    step: str
    asked: Asked
    label: Label
    policy_digest: str
    candidates: tuple[Candidate, ...]
    order: tuple[str, ...]
    declassify: tuple[Offer, ...] = ()
    declassified: str | None = None

    @property
    def chosen(self) -> str | None:
        """The model tried first."""
        return self.order[0] if self.order else None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without content."""
        return {
            "decision_id": self.id,
            "step": self.step,
            "model": self.chosen,
            "order": list(self.order),
            "label": self.label.public(),
            "policy_digest": self.policy_digest,
            "candidates": [
                {
                    "model": one.model,
                    "site": one.site,
                    "score": one.score,
                    "removed_by": one.removed_by,
                    "reason": one.reason,
                }
                for one in self.candidates
            ],
            "declassify": [
                {"declassifier": one.declassifier, "model": one.model} for one in self.declassify
            ],
            "declassified": self.declassified,
        }

    @property
    def _at(self) -> str:
        """Where it was refused; a direct request has no steps that a client would know."""
        return "" if self.step == DIRECT else f"Step {self.step}: "

    def refusal(self) -> PodiumError:
        """Why nothing may be called: denied by policy, down, or unknown."""
        removed = [one for one in self.candidates if one.removed_by]
        down = [one for one in removed if one.removed_by == "unavailable"]
        if down:
            return NoEligibleModel(
                f"{self._at}{', '.join(f'{one.model} {one.reason}' for one in down)}."
                " Policy allows it: try again, start it, or name a fallback.",
                param="model",
            )
        denied = [one for one in removed if one.removed_by not in _NOT_POLICY]
        if denied:
            first = denied[0]
            return PolicyDenied(
                f"{self._at}the rule {first.removed_by} keeps this data from {first.model}:"
                f" {first.reason}. Use a local model, or change the policy.",
                param="model",
            )
        if self.asked.model and len(removed) == len(self.candidates) == 1:
            return ModelNotFound(
                f"{self._at}{removed[0].model} {removed[0].reason}."
                " GET /v1/models lists the models of this server.",
                param="model",
            )
        return NoEligibleModel(
            f"{self._at}the catalog has no {self.asked.kind} model that can do this.",
            param="model",
        )


_NOT_POLICY = ("unavailable", "not_configured", "kind", "capabilities")


def decide(
    id: str,
    step: str,
    asked: Asked,
    label: Label,
    cards: Iterable[Card],
    policy: Policy,
    available: Available,
    now: float | None = None,
    *,
    declassifiers: Iterable[Declassifier] = (),
) -> RouteDecision:
    """The decision for data of `label`; pure, but for asking whether a model is available.

    Named models are tried in the order given; otherwise all of the kind, best score first. Policy
    removes first: denials, then clearances. When none is left, what an approved declassifier would
    open is offered; an explicit denial is final. `now`, in seconds since the epoch, must be given
    for data that expires.
    """
    known = {card.id: card for card in cards}
    considered = [
        _consider(name, known.get(name), asked, label, policy, available, now)
        for name in _names(asked, list(known.values()))
    ]
    if asked.model is None and not asked.fallback:
        considered.sort(key=lambda one: -(one.score or 0.0))
    order = tuple(one.model for one in considered if one.removed_by is None)
    closed = [] if order else [known[one.model] for one in considered if _uncleared(one)]
    offered = offers(label, closed, policy, declassifiers, _is_up(available), now) if closed else ()
    return RouteDecision(id, step, asked, label, policy.digest, tuple(considered), order, offered)


def asked_after(asked: Asked, offer: Offer) -> Asked:
    """What is asked for once a declassifier has done its work: the one model that it opens."""
    return replace(asked, model=offer.model, fallback=(), on_denied="fail", private=False)


def _is_up(available: Available) -> Callable[[str], bool]:
    return lambda model: available(model) is True


def _uncleared(one: Candidate) -> bool:
    """Whether a clearance took it out, and not a denial, its health or what it is."""
    rule = one.removed_by or ""
    return rule.startswith(("sites.", "models.", "catalog."))


def _names(asked: Asked, cards: Sequence[Card]) -> list[str]:
    local = [card.id for card in cards if card.kind == asked.kind and card.site == LOCAL]
    if asked.model is None:
        every = [card.id for card in cards if card.kind == asked.kind]
        return list(dict.fromkeys([*(local if asked.private else every), *asked.fallback]))
    named = [asked.model, *asked.fallback]
    return list(dict.fromkeys([*named, *(local if asked.on_denied == "use_local" else [])]))


def _consider(
    name: str,
    card: Card | None,
    asked: Asked,
    label: Label,
    policy: Policy,
    available: Available,
    now: float | None,
) -> Candidate:
    if card is None:
        return Candidate(name, None, None, "not_configured", "is not in the catalog")
    if card.kind != asked.kind:
        return Candidate(name, card.site, None, "kind", f"is a {card.kind} model")
    if not asked.capabilities <= card.capabilities:
        lacking = ", ".join(sorted(asked.capabilities - card.capabilities))
        return Candidate(name, card.site, None, "capabilities", f"lacks {lacking}")
    verdict = policy.eligible(card, label, now)
    if not verdict.ok:
        return Candidate(name, card.site, None, verdict.rule, verdict.reason)
    answer = available(name)
    if answer is not True:
        why = answer or "is not running"
        return Candidate(name, card.site, None, "unavailable", why)
    return Candidate(name, card.site, score(priors(card.site, card.tariff), asked.prefer))
