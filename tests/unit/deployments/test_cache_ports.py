"""Copies that may share a node never share a port, nor one that something else may take."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from deployments.cache_ports import PORTS, CachePorts, cache_ports
from deployments.port_block import BLOCKS, SIZE
from models.catalog import ModelCard
from models.errors import InvalidConfig
from router.scaling.settings import Scaling
from tests.scripted_world import card

OUTGOING = range(32_768, 61_000)


def row(name: str, reads: int = 1, tensor: int = 1, **more: Any) -> ModelCard:
    engine = {"prefill_replicas": reads, "tensor_parallel_size": tensor}
    return card(name, **({"dialect": "ray_serve_llm", "engine": engine} | more))


def test_they_lie_outside_what_others_take() -> None:
    assert PORTS.start >= max(BLOCKS[-1] + SIZE, OUTGOING.stop)
    assert PORTS.stop == 2**16


def test_every_worker_of_every_row_has_two_of_its_own() -> None:
    rows = [row("a", reads=2, tensor=4, replicas=3), row("b"), row("c", replicas=2)]
    found = cache_ports(rows, {"b": Scaling(max_replicas=5)})
    workers = {"a": (2 * 4, 3 * 4), "b": (1, 5), "c": (1, 2)}
    taken = []
    for name, (reading, writing) in workers.items():
        taken += [range(found[name].prefill, found[name].prefill + 2 * reading)]
        taken += [range(found[name].decode, found[name].decode + 2 * writing)]
    assert taken[0].start == PORTS.start
    assert all(one.stop <= two.start for one, two in pairwise(taken))


def test_only_rows_whose_prompts_are_apart_take_any() -> None:
    rows = [row("whole", reads=0), card("ours"), row("lora", base="split"), row("split")]
    assert cache_ports(rows, {}) == {"split": CachePorts(61_000, 61_002)}


def test_more_copies_than_there_are_ports_are_refused() -> None:
    with pytest.raises(InvalidConfig, match=r"'b'.* need 4802 ports and there are 4536") as raised:
        cache_ports([row("a", reads=1199), row("b", reads=1200)], {})
    assert raised.value.param == "engine.prefill_replicas"
