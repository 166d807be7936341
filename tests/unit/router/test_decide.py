"""Decisions: policy removes, priors rank, and every candidate is accounted for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from models.errors import ModelNotFound, NoEligibleModel, PodiumError, PolicyDenied
from router.decide import DIRECT, Asked, RouteDecision, decide
from router.declassify import ByRule
from router.label import TOP, Label
from router.planner import asked_for, decide_model, find_plan
from router.policy_file import default_text, load_policy
from tests.scripted_world import POLICY, card, support

PRICE = {"in": 3.0, "out": 15.0}
CARDS = (
    card("mistral"),
    card("claude", site="remote", dialect="anthropic", price=PRICE),
    card("cheap", site="remote", dialect="openai_compatible", price={"in": 0.1, "out": 0.4}),
    card("whisper", dialect="whisper"),
)
USER, CRM = POLICY.source("user"), POLICY.source("crm")


def _decide(asked: Asked, label: Label = USER, down: str = "") -> RouteDecision:
    return decide("dec-1", "formal", asked, label, CARDS, POLICY, lambda model: model != down)


def test_named_models_are_tried_in_the_order_given() -> None:
    assert _decide(Asked(model="claude", fallback=("cheap", "mistral"))).order == (
        "claude", "cheap", "mistral",
    )  # fmt: skip


def test_policy_removes_before_anything_is_ranked_and_says_by_which_rule() -> None:
    asked = Asked(model="claude", fallback=("mistral",))
    assert _decide(asked, USER).order == ("claude", "mistral")
    decision = _decide(asked, CRM)
    assert decision.order == ("mistral",)
    assert decision.candidates[0].removed_by == "sites.remote.level"


@pytest.mark.parametrize("model", ["claude", "gemini"])
def test_use_local_takes_a_local_model_when_the_named_one_may_not_or_is_not_there(
    model: str,
) -> None:
    assert _decide(Asked(model=model), CRM).order == ()
    assert _decide(Asked(model=model, on_denied="use_local"), CRM).order == ("mistral",)


def test_a_free_choice_prefers_as_it_is_told() -> None:
    assert _decide(Asked(prefer="latency")).chosen == "mistral"
    assert _decide(Asked(prefer="cost")).chosen == "mistral"
    assert _decide(Asked(prefer="quality")).chosen == "claude"
    assert _decide(Asked(prefer="quality", private=True)).order == ("mistral",)
    assert set(_decide(Asked(prefer="quality")).order) == {"claude", "cheap", "mistral"}


def test_kind_capabilities_and_health_remove_too() -> None:
    removed = {one.model: one.removed_by for one in _decide(Asked(model="whisper")).candidates}
    assert removed == {"whisper": "kind"}
    able = Asked(model="mistral", capabilities=frozenset({"tools"}))
    assert _decide(able).order == ("mistral",)
    unable = replace(able, capabilities=frozenset({"vision"}))
    assert _decide(unable).candidates[0].removed_by == "capabilities"
    assert _decide(able, down="mistral").candidates[0].removed_by == "unavailable"


@pytest.mark.parametrize(
    ("asked", "label", "down", "error"),
    [
        (Asked(model="nobody"), USER, "", ModelNotFound),
        (Asked(model="claude"), CRM, "", PolicyDenied),
        (Asked(model="claude", fallback=("mistral",)), CRM, "mistral", NoEligibleModel),
        (Asked(kind="image"), USER, "", NoEligibleModel),
        (Asked(model="mistral"), USER, "mistral", NoEligibleModel),
    ],
)
def test_why_nothing_may_be_called(
    asked: Asked, label: Label, down: str, error: type[PodiumError]
) -> None:
    decision = _decide(asked, label, down)
    assert decision.chosen is None
    assert type(decision.refusal()) is error


def test_only_a_step_of_a_pipeline_is_named() -> None:
    step = _decide(Asked(model="claude"), CRM)
    assert step.refusal().message.startswith(f"Step {step.step}: the rule ")
    assert replace(step, step=DIRECT).refusal().message.startswith("the rule sites.remote.level")


def test_a_denial_names_the_rule() -> None:
    assert "sites.remote.level" in _decide(Asked(model="claude"), CRM).refusal().message


def test_a_decision_is_plain_data_without_content() -> None:
    data = json.loads(json.dumps(_decide(Asked(model="claude", fallback=("mistral",))).as_dict()))
    assert data["model"] == "claude"
    assert data["policy_digest"] == POLICY.digest
    assert [one["model"] for one in data["candidates"]] == ["claude", "mistral"]


def test_auto_chooses_among_the_eligible_only() -> None:
    asked = asked_for("auto", "quality")
    assert decide_model("d", asked, USER, CARDS, POLICY, lambda m: True).chosen == "claude"
    assert decide_model("d", asked, TOP, CARDS, POLICY, lambda m: True).chosen == "mistral"


def test_auto_private_stays_inside_and_falls_nowhere_else() -> None:
    private = asked_for("auto:private", "quality")
    assert decide_model("d", private, USER, CARDS, POLICY, lambda m: True).order == ("mistral",)
    with pytest.raises(NoEligibleModel):
        raise decide_model("d", private, USER, CARDS, POLICY, lambda m: m != "mistral").refusal()


def test_a_named_model_is_taken_at_its_word_about_capabilities() -> None:
    needs = frozenset({"vision"})
    named, free = asked_for("mistral"), asked_for("auto")
    up = lambda model: True  # noqa: E731 - everything is up
    assert decide_model("d", named, USER, CARDS, POLICY, up, needs=needs).chosen == "mistral"
    with pytest.raises(NoEligibleModel):
        raise decide_model("d", free, USER, CARDS, POLICY, up, needs=needs).refusal()


def test_pipelines_are_found_by_their_model_name() -> None:
    plan = support()
    assert find_plan("pipeline/support", {"support": plan}) is plan
    assert find_plan("mistral", {"support": plan}) is None
    with pytest.raises(ModelNotFound):
        find_plan("pipeline/nothing", {"support": plan})


DENYING = load_policy(
    default_text().replace(
        b"deny: {}\n", b"deny: {no_people: {when: {categories: [pii]}, models: [cheap]}}\n"
    ).replace(
        b"declassifiers: {}\n",
        b"declassifiers: {p: {removes: [pii], lowers: {from: CONFIDENTIAL, to: INTERNAL},"
        b" recall_required: 0.9, recall_measured: 0.95, approved: true}}\n",
    )
)  # fmt: skip
P = ByRule(DENYING.declassifiers["p"])


def _declassifying(asked: Asked, label: Label = CRM, down: str = "") -> RouteDecision:
    up = lambda model: model != down  # noqa: E731 - one word
    return decide("d", "s", asked, label, CARDS, DENYING, up, declassifiers=(P,))


def test_a_declassifier_is_offered_only_when_nothing_may_be_asked_as_it_is() -> None:
    (offer,) = _declassifying(Asked(model="claude")).declassify
    assert (offer.declassifier, offer.model, offer.label) == ("p", "claude", P.applies(CRM))
    assert _declassifying(Asked(model="claude", fallback=("mistral",))).declassify == ()
    assert _declassifying(Asked(model="claude"), TOP).declassify == ()
    assert _declassifying(Asked(model="claude"), down="claude").declassify == ()


def test_deciding_again_with_the_label_it_leaves_asks_the_model() -> None:
    (offer,) = _declassifying(Asked(model="claude")).declassify
    assert _declassifying(Asked(model="claude"), offer.label).order == ("claude",)


def test_an_explicit_denial_is_final() -> None:
    decision = _declassifying(Asked(model="cheap"))
    assert (decision.candidates[0].removed_by, decision.declassify) == ("deny.no_people", ())
    assert "deny.no_people" in decision.refusal().message


def test_a_declassifier_that_the_policy_does_not_approve_is_not_offered() -> None:
    up = lambda model: True  # noqa: E731 - everything is up
    decision = decide(
        "d", "s", Asked(model="claude"), CRM, CARDS, POLICY, up, declassifiers=(P,)
    )  # fmt: skip
    assert decision.declassify == ()


def test_one_that_claims_more_than_its_rule_is_not_believed() -> None:
    class Eager:
        name = "p"

        def applies(self, label: Label) -> Label | None:
            return Label()

    up = lambda model: True  # noqa: E731 - everything is up
    decision = decide(
        "d", "s", Asked(model="claude"), CRM, CARDS, DENYING, up, declassifiers=(Eager(),)
    )  # fmt: skip
    assert decision.declassify == ()


def test_data_that_expired_goes_nowhere() -> None:
    fleeting = replace(USER, expires=100.0)
    asked, up = asked_for("mistral"), lambda model: True
    early = decide_model("d", asked, fleeting, CARDS, POLICY, up, clock=lambda: 99.0)
    assert early.chosen == "mistral"
    with pytest.raises(PolicyDenied, match=r"sites\.local\.expires"):
        late = decide_model("d", asked, fleeting, CARDS, POLICY, up, clock=lambda: 100.0)
        raise late.refusal()


def test_no_model_is_offered_that_may_not_have_what_is_left_either() -> None:
    timid = card("timid", site="remote", dialect="anthropic", clearance={"level": "PUBLIC"})
    up = lambda model: True  # noqa: E731 - everything is up
    asked = Asked(model="timid", fallback=("claude",))
    decision = decide("d", "s", asked, CRM, (*CARDS, timid), DENYING, up, declassifiers=(P,))
    assert [one.model for one in decision.declassify] == ["claude"]
