"""Adapters go with their base, and what can't carry one is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployments.adapters import adapters_by_base
from deployments.autoscaling import check_scaling
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import InvalidConfig, WeightsError
from models.local.lora_folder import CONFIG, WEIGHTS, rank_for, rank_of
from router.scaling.settings import Scaling
from tests.scripted_world import card

NAMES = ("big", "slow", "legal")


def catalog(**changes: Any) -> Catalog:
    legal = {"dialect": "vllm", "base": "big", "engine": {}} | changes
    return Catalog(
        [card("big", dialect="vllm"), card("slow", dialect="transformers"), card("legal", **legal)]
    )


def test_an_adapter_is_found_by_its_base() -> None:
    found = adapters_by_base(NAMES, catalog())
    assert {base: [one.id for one in cards] for base, cards in found.items()} == {"big": ["legal"]}
    assert adapters_by_base(("big", "slow"), catalog()) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base": "gone"}, "base"),
        ({"base": "slow"}, "base"),
        ({"base": "legal"}, "base"),
        ({"dialect": "transformers"}, "base"),
        ({"engine": {"dtype": "float32"}}, "engine"),
        ({"num_gpus": 1}, "num_gpus"),
    ],
)
def test_what_can_not_be_carried_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig, match="model 'legal'") as raised:
        adapters_by_base(NAMES, catalog(**changes))
    assert raised.value.param == field


def test_a_base_that_sleeps_would_not_be_woken() -> None:
    def checked(name: str, least: int) -> None:
        scaling = {name: Scaling(min_replicas=least, max_replicas=2)}
        check_scaling(Settings(models=NAMES, scaling=scaling), catalog())

    checked("big", 1)
    checked("slow", 0)
    with pytest.raises(InvalidConfig, match="carries legal"):
        checked("big", 0)
    with pytest.raises(InvalidConfig, match="scale that one"):
        checked("legal", 1)


def test_the_rank_stands_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="adapter_model"):
        rank_of("legal", tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"")
    for said in ("", "{}", '{"r": "4"}', '{"r": 0}', '{"r": 1024}'):
        (tmp_path / CONFIG).write_text(said)
        with pytest.raises(WeightsError, match="rank"):
            rank_of("legal", tmp_path)
    (tmp_path / CONFIG).write_text(json.dumps({"r": 12}))
    assert rank_of("legal", tmp_path) == 12
    assert [rank_for(ranks) for ranks in ([4], [8], [9, 4], [512])] == [8, 8, 16, 512]
