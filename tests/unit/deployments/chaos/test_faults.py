"""The order of faults comes from the seed alone, and no fault is left out."""

from __future__ import annotations

from itertools import islice

from deployments.chaos.faults import faults, kind, order

DEPLOYMENTS = ("Egress", "Gateway", "LLM-mistral", "Retriever", "State")


def test_every_deployment_engine_and_controller_is_killed() -> None:
    known = faults(DEPLOYMENTS)
    kills = {name.removeprefix("kill ") for name in known if name.startswith("kill ")}
    assert kills == {*DEPLOYMENTS, "engine", "controller"}
    full = {name for name in known if name.startswith("disk full for ")}
    assert full == {"disk full for State", "disk full for Retriever", "disk full for Egress"}
    assert "dropped connections" in known
    assert "disk full for State" not in faults(("Gateway",))
    assert "clock moved" in faults(DEPLOYMENTS, clock=True)
    assert "clock moved" not in known


def test_the_first_faults_of_every_seed_are_one_of_each_kind() -> None:
    names = list(faults(DEPLOYMENTS, clock=True))
    kinds = {kind(name) for name in names}
    assert len(kinds) == 9
    starts = [list(islice(order(seed, names), len(kinds))) for seed in range(20)]
    assert all({kind(name) for name in start} == kinds for start in starts)
    kills = {name for start in starts for name in start if kind(name) == "kill "}
    assert kills == {f"kill {name}" for name in DEPLOYMENTS}


def test_a_seed_draws_the_same_order_again_and_each_round_has_all() -> None:
    names = list(faults(DEPLOYMENTS))
    first, again = (list(islice(order(7, names), 3 * len(names))) for _ in range(2))
    assert first == again
    assert first != list(islice(order(8, names), 3 * len(names)))
    for start in range(0, len(first), len(names)):
        assert set(first[start : start + len(names)]) == set(names)
