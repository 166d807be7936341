"""Ray Serve's own context and wrapper lead to what router.scaling decides."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from deployments.autoscaling import EnginePolicy, check_scaling, load_figures, replicas
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import InvalidConfig
from models.local.engine_stats import EngineStats
from router.scaling.settings import Scaling
from tests.scripted_world import card

with warnings.catch_warnings():
    # Its import warns of its own libraries' old ways.
    warnings.simplefilter("ignore")
    from ray.serve._private.common import DeploymentID, ReplicaID, TimeStampedValue
    from ray.serve.autoscaling_policy import _apply_autoscaling_config
    from ray.serve.config import AutoscalingConfig, AutoscalingContext

RULES = Scaling(
    min_replicas=0, max_replicas=4, requests_each=10, up_after_s=4, down_after_s=60, idle_after_s=90
)
WHERE = DeploymentID("LLM-mistral", "podium")


def context(
    config: AutoscalingConfig,
    state: dict[str, Any],
    *,
    target: int,
    stats: list[EngineStats],
    queued: float = 0.0,
) -> AutoscalingContext:
    """What Serve's controller would hand over at one tick."""
    ids = [ReplicaID(str(n), WHERE) for n in range(len(stats))]
    raw: dict[str, dict[ReplicaID, list[TimeStampedValue]]] = {}
    for id_, told in zip(ids, stats, strict=True):
        for name, value in load_figures(told).items():
            old = TimeStampedValue(1.0, 99.0)
            raw.setdefault(name, {})[id_] = [old, TimeStampedValue(2.0, value)]
    return AutoscalingContext(
        deployment_id=WHERE, deployment_name=WHERE.name, app_name=WHERE.app_name,
        current_num_replicas=len(stats), target_num_replicas=target, running_replicas=ids,
        total_num_requests=queued, total_queued_requests=queued, aggregated_metrics={},
        raw_metrics=raw, capacity_adjusted_min_replicas=config.min_replicas,
        capacity_adjusted_max_replicas=config.max_replicas, policy_state=state,
        last_scale_up_time=None, last_scale_down_time=None, current_time=None, config=config,
    )  # fmt: skip


class Serve:
    """The part of Serve's controller around a policy, on a clock of our own."""

    def __init__(self, rules: Scaling = RULES) -> None:
        self.config = replicas(card("mistral"), rules)["autoscaling_config"]
        kwargs = self.config.policy.policy_kwargs
        self.now = 1000.0
        policy = self.config.policy.get_policy()(**kwargs, clock=lambda: self.now)
        self.policy = _apply_autoscaling_config(policy)
        self.state: dict[str, Any] = {}
        self.target = 1

    def tick(self, stats: list[EngineStats], queued: float = 0.0, after: float = 1.0) -> int:
        self.now += after
        seen = context(
            self.config, dict(self.state), target=self.target, stats=stats, queued=queued
        )
        self.target, self.state = self.policy(seen)
        return self.target


def test_more_load_is_followed_after_a_moment_and_less_after_long() -> None:
    serve, busy = Serve(), EngineStats(running=8, waiting=7)
    assert [serve.tick([busy]) for _ in range(6)] == [1, 1, 1, 1, 2, 2]
    calm = [EngineStats(running=1)] * 2
    assert [serve.tick(calm, after=60) for _ in range(3)] == [2, 1, 1]


def test_a_full_cache_is_followed_too() -> None:
    serve, full = Serve(), EngineStats(running=2, waiting=0, kv_cache_usage=0.9)
    assert [serve.tick([full], after=5) for _ in range(2)] == [1, 2]


def test_the_last_replica_goes_and_a_queue_wakes_it() -> None:
    serve, idle = Serve(), [EngineStats()]
    assert [serve.tick(idle, after=45) for _ in range(3)] == [1, 1, 0]
    assert serve.tick([], after=45) == 0
    assert serve.tick([], queued=1.0, after=0.1) == 1


def test_replicas_that_have_not_told_yet_change_nothing() -> None:
    policy = EnginePolicy(RULES.model_dump(mode="json"), clock=lambda: 1e6)
    config = replicas(card("mistral"), RULES)["autoscaling_config"]
    silent = context(config, {"kept": 1}, target=3, stats=[EngineStats()] * 3)
    silent._raw_metrics_value = {}
    assert policy(silent) == (3, {"kept": 1})


def test_a_model_without_scaling_has_the_replicas_of_its_row() -> None:
    assert replicas(card("mistral", replicas=2), None) == {"num_replicas": 2}
    config = replicas(card("mistral", engine={"max_num_seqs": 8}), RULES)["autoscaling_config"]
    assert (config.min_replicas, config.initial_replicas, config.max_replicas) == (0, 1, 4)
    unsaid = replicas(card("mistral", engine={"max_num_seqs": 8}), Scaling())["autoscaling_config"]
    assert unsaid.policy.policy_kwargs["scaling"]["requests_each"] == 6


def test_scaling_of_a_model_that_does_not_run_here_is_refused() -> None:
    settings = Settings.model_validate({"models": ["mistral"], "scaling": {"whisper": {}}})
    with pytest.raises(InvalidConfig, match="scaling names 'whisper'") as raised:
        check_scaling(settings, Catalog([card("mistral"), card("whisper", dialect="whisper")]))
    assert raised.value.param == "scaling.whisper"
