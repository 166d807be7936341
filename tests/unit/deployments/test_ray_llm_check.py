"""What Ray Serve LLM needs is missed before anything is started, by row and remedy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from deployments.config_check import check_config
from deployments.home import Home
from deployments.ray_llm_check import check_ray_llm
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import InvalidConfig, SetupError
from tests.scripted_world import card

SETTINGS = Settings(models=("m",))
ROW = """
- id: m
  dialect: ray_serve_llm
  path: package:models.reference/chat
  clearance: {level: PUBLIC}
"""


def world(**changes: Any) -> Catalog:
    return Catalog([card("m", **({"dialect": "ray_serve_llm"} | changes))])


def all_but(*names: str) -> Any:
    return lambda name: name not in names


@pytest.mark.parametrize("missing", ["pyarrow", "vllm"])
def test_without_the_extra_the_lock_is_named(missing: str) -> None:
    check_ray_llm(SETTINGS, world(), all_but())
    check_ray_llm(SETTINGS, world(dialect="vllm"), all_but(missing))
    with pytest.raises(SetupError, match=r"requirements/ray-llm\.lock") as raised:
        check_ray_llm(SETTINGS, world(), all_but(missing))
    assert raised.value.param == "dialect"


def test_a_split_of_prompts_needs_what_carries_the_cache() -> None:
    split = {"engine": {"prefill_replicas": 1}}
    check_ray_llm(SETTINGS, world(**split), all_but())
    check_ray_llm(SETTINGS, world(), all_but("nixl"))
    with pytest.raises(SetupError, match="NIXL") as raised:
        check_ray_llm(SETTINGS, world(**split), all_but("nixl"))
    assert raised.value.param == "engine.prefill_replicas"
    with pytest.raises(InvalidConfig, match="don't go together"):
        check_ray_llm(SETTINGS, world(**split, affinity="conversation"), all_but())


@pytest.mark.skipif(find_spec("pyarrow") is not None, reason="the extra `ray-llm` is installed")
def test_the_check_of_a_home_says_it(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(ROW)
    settings = SETTINGS.model_copy(update={"catalog": (str(tmp_path),)})
    with pytest.raises(SetupError, match=r"pip install .* requirements/ray-llm\.lock"):
        check_config(settings, Home(tmp_path / "home"))
