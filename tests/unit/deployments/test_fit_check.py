"""A model that does not fit its GPU is refused by arithmetic, with what would make it fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployments.fit_check import check_fit
from deployments.onboarding.machine import Gpu, Machine
from deployments.onboarding.memory import GIB
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig
from tests.scripted_world import card
from tests.unit.deployments.onboarding.weights import chat_folder

# 32 layers, 8 heads of 128, key and value, two bytes: 128 KiB a token, 4 GiB for 32,768 of them.
BIG, SMALL, TINY = (Machine(0, 0, (Gpu("g", n * GIB, n * GIB),)) for n in (24, 5, 1))


def world(tmp_path: Path, **changes: Any) -> tuple[Settings, Catalog]:
    folder = chat_folder(tmp_path / "weights")
    values: dict[str, Any] = {"path": str(folder), "num_gpus": 1} | changes
    made: ModelCard = card("mistral", **values)
    return Settings(models=("mistral",)), Catalog([made])


def test_what_fits_is_passed(tmp_path: Path) -> None:
    check_fit(*world(tmp_path), BIG)
    check_fit(*world(tmp_path, engine={"max_model_len": 4096}), SMALL)
    check_fit(*world(tmp_path, num_gpus=0), TINY)
    check_fit(*world(tmp_path), Machine(0, 0))


def test_a_window_that_is_too_long_is_refused_with_one_that_fits(tmp_path: Path) -> None:
    settings, catalog = world(tmp_path)
    with pytest.raises(InvalidConfig, match=r"'mistral' needs about 5\.0 GiB") as raised:
        check_fit(settings, catalog, SMALL)
    assert raised.value.param == "engine.max_model_len"
    (window,) = [int(w) for w in raised.value.message.split() if w.isdigit() and int(w) > 999]
    check_fit(*world(tmp_path, engine={"max_model_len": window}), SMALL)


def test_no_window_helps_where_there_is_no_room_at_all(tmp_path: Path) -> None:
    settings, catalog = world(tmp_path)
    with pytest.raises(InvalidConfig, match="more GPUs") as raised:
        check_fit(settings, catalog, TINY)
    assert raised.value.param == "num_gpus"


def test_declared_memory_counts_more_than_this_machine(tmp_path: Path) -> None:
    settings, catalog = world(tmp_path)
    check_fit(settings.model_copy(update={"gpu_memory_gib": 24.0}), catalog, TINY)
    with pytest.raises(InvalidConfig):
        check_fit(settings.model_copy(update={"gpu_memory_gib": 5.0}), catalog, BIG)


def test_weights_on_another_machine_are_passed_over(tmp_path: Path) -> None:
    settings, catalog = world(tmp_path, path=None)
    check_fit(settings, catalog, TINY)
