"""What needs GPUs that a row has not is refused by field before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidConfig
from models.local.engine_settings import check_engine
from tests.scripted_world import card

RAY = "ray_serve_llm"


@pytest.mark.parametrize(
    ("dialect", "field", "value"),
    [
        ("vllm", "tensor_parallel_size", 2),
        ("vllm", "quantization", "awq"),
        (RAY, "tensor_parallel_size", 2),
        (RAY, "quantization", "fp8"),
        (RAY, "pipeline_parallel_size", 2),
        (RAY, "accelerator_type", "H100"),
        (RAY, "prefill_replicas", 1),
    ],
)
def test_on_a_cpu(dialect: str, field: str, value: object) -> None:
    check_engine(card("m", dialect=dialect, engine={}))
    with pytest.raises(InvalidConfig, match="num_gpus is 0") as raised:
        check_engine(card("m", dialect=dialect, engine={field: value}))
    assert raised.value.param == f"engine.{field}"


@pytest.mark.parametrize("gpus", [0.5, 1, 2])
def test_a_copy_is_not_spread_over_more_gpus_than_it_has(gpus: float) -> None:
    def checked(size: int) -> None:
        engine = {"tensor_parallel_size": size, "quantization": "awq"}
        check_engine(card("m", dialect="vllm", num_gpus=gpus, engine=engine))

    checked(max(1, int(gpus)))
    with pytest.raises(InvalidConfig, match="set num_gpus: 4") as raised:
        checked(4)
    assert raised.value.param == "engine.tensor_parallel_size"


@pytest.mark.parametrize("gpus", [0.5, 3, 8])
def test_every_worker_has_a_gpu(gpus: float) -> None:
    def row(gpus: float) -> Any:
        engine = {"tensor_parallel_size": 2, "pipeline_parallel_size": 2, "prefill_replicas": 1}
        return card("m", dialect=RAY, num_gpus=gpus, engine=engine)

    check_engine(row(4))
    with pytest.raises(InvalidConfig, match="set num_gpus: 4") as raised:
        check_engine(row(gpus))
    assert raised.value.param == "num_gpus"
