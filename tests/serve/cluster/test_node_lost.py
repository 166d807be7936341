"""Nodes that are cut off or stopped under load, with another of their label standing by."""

from __future__ import annotations

import time

import pytest

from tests.serve.cluster.load import Load
from tests.serve.cluster.site import Site, chat

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(600)]


def test_models_start_on_another_node(site: Site) -> None:
    _lose(site, "models", "models2", chat("mistral"))


def test_the_gate_starts_on_another_node(site: Site) -> None:
    _lose(site, "egress", "egress2", chat("chatgpt"))


def test_gateways_leave_a_node_that_is_stopped_without_a_failed_request(site: Site) -> None:
    site.prepare("gateway2", "gateway")
    with Load(site, [chat("mistral")] * 3) as load:
        load.wait(lambda: load.answered() > 10)
        site.cluster.start_worker("gateway2", "gateway")
        load.wait(lambda: site.cluster.has_joined("gateway2"))
        site.cluster.nodes.pop("gateway").drain()
        drained = time.monotonic()
        load.wait(lambda: load.answered(drained) > 20)
    print(f"\n{load.tally()}")
    assert {status for _, status, _ in load.tally()} == {200}
    assert len(site.cluster.nodes["gateway2"].replicas()["Gateway"]) == 2


def _lose(site: Site, name: str, other: str, body: dict[str, object]) -> None:
    """Kill the node `name` while another of its role, `other`, stands by."""
    site.prepare(other, name)
    with Load(site, [body] * 3) as load:
        load.wait(lambda: load.answered() > 10)
        site.cluster.start_worker(other, name)
        load.wait(lambda: site.cluster.has_joined(other))
        site.cluster.nodes.pop(name).kill()
        killed = time.monotonic()
        took = load.wait(lambda: load.answered(killed) > 20)
    print(f"\n{name}: {took:.1f} s, {load.tally()}")
    assert all(one.honest for one in load.outcomes), load.tally()
