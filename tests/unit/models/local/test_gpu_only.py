"""What needs GPUs that a row has not is refused by field before anything starts."""

from __future__ import annotations

import pytest

from models.errors import InvalidConfig
from models.local.engine_settings import check_engine
from tests.scripted_world import card


@pytest.mark.parametrize(
    ("dialect", "field", "value"),
    [
        ("vllm", "tensor_parallel_size", 2),
        ("vllm", "quantization", "awq"),
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
