"""Our decisions beside those of Cedar's engine, which reads the same policy files another way."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from models.catalog import ModelCard
from models.errors import InvalidConfig
from router.decide import Asked, decide
from router.label import Label
from router.policy import Policy
from router.policy_file import load_policy
from tests import cedar_oracle, policy_maker

SEED = 20261122
LABELS = 40


@dataclass
class Tally:
    """What two deciders came to over the same questions."""

    decisions: int = 0
    allowed: int = 0
    disagreements: int = 0


def _compare(seed: int, wanted: int, blind: bool = False) -> Tally:
    """Random policies, labels and cards until so many decisions; `blind` forgets the denials."""
    draw, tally = random.Random(seed), Tally()
    while tally.decisions < wanted:
        data, cards = policy_maker.policy_data(draw), policy_maker.cards(draw)
        try:
            policy = load_policy(policy_maker.text_of(data))
        except InvalidConfig:
            continue
        labels = [policy_maker.label(draw) for _ in range(LABELS)]
        questions = [(card.id, label) for label in labels for card in cards]
        ours = [one for label in labels for one in _decided(policy, label, cards)]
        said = {**data, "deny": {}} if blind else data
        theirs = cedar_oracle.ask(
            cedar_oracle.cedar_of(said, cards),
            [(model, label.as_dict()) for model, label in questions],
        )
        tally.decisions += len(questions)
        tally.allowed += sum(ours)
        tally.disagreements += sum(a != b for a, b in zip(ours, theirs, strict=True))
    return tally


def _decided(policy: Policy, label: Label, cards: list[ModelCard]) -> list[bool]:
    decision = decide("d", "s", Asked(), label, cards, policy, lambda _: True)
    kept = {one.model for one in decision.candidates if one.removed_by is None}
    assert set(decision.order) == kept
    return [card.id in kept for card in cards]


def test_decisions_agree_with_cedar() -> None:
    tally = _compare(SEED, 5_000)
    assert tally.disagreements == 0
    assert 0.05 < tally.allowed / tally.decisions < 0.95
    assert _compare(SEED, 2_000, blind=True).disagreements > 0


@pytest.mark.assurance
def test_a_hundred_thousand_decisions_agree_with_cedar() -> None:
    tally = _compare(SEED + 1, 100_000)
    print(f"{tally.decisions} decisions, {tally.allowed} allowed")
    assert tally.disagreements == 0
