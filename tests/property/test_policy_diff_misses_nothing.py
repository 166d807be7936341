"""Whatever label newly passes anywhere, the comparison of the two policies says that it widens."""

from __future__ import annotations

import copy
import random

import pytest

from models.errors import InvalidConfig
from router.policy_diff import diff
from router.policy_file import load_policy
from tests import policy_maker

SEED = 20261122


def _compare(seed: int, pairs: int) -> tuple[int, int]:
    """How many of the pairs let something through that was held back, and how many were told."""
    draw, widened, told = random.Random(seed), 0, 0
    while pairs:
        cards, old_data = policy_maker.cards(draw), policy_maker.policy_data(draw)
        new_data = copy.deepcopy(old_data)
        section = draw.choice(["deny", "sites", "models", "sinks"])
        new_data[section] = policy_maker.policy_data(draw)[section]
        try:
            old, new = (load_policy(policy_maker.text_of(one)) for one in (old_data, new_data))
            found = diff(old, new, cards)
        except InvalidConfig:
            continue
        pairs -= 1
        labels = [policy_maker.label(draw) for _ in range(150)]
        passes = any(
            (new.eligible(card, one).ok and not old.eligible(card, one).ok)
            for card in cards for one in labels
        ) or any(
            new.may_reach(sink, one) and not old.may_reach(sink, one)
            for sink in new.sinks for one in labels
        )  # fmt: skip
        widened += passes
        told += passes and bool(found.widening)
    return widened, told


def test_what_newly_passes_is_told() -> None:
    widened, told = _compare(SEED, 6)
    assert widened == told > 0


@pytest.mark.assurance
def test_what_newly_passes_is_told_for_three_hundred_changes() -> None:
    widened, told = _compare(SEED + 1, 300)
    print(f"{widened} of 300 changes let something through, {told} were told")
    assert widened == told > 100
