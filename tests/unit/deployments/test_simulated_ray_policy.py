"""What `podium simulate` takes for Ray Serve's own policy decides as that one does."""

from __future__ import annotations

import random
import warnings
from collections import deque

import pytest

from models.local.engine_stats import EngineStats
from router.simulation.policies import Look, RayServe

with warnings.catch_warnings():
    # Its import warns of its own libraries' old ways.
    warnings.simplefilter("ignore")
    from ray.serve import autoscaling_policy
    from ray.serve._private.common import DeploymentID, ReplicaID
    from ray.serve.config import AutoscalingConfig, AutoscalingContext

WHERE = DeploymentID("LLM-mistral", "podium")
CONFIG = AutoscalingConfig(
    min_replicas=0, max_replicas=5, target_ongoing_requests=3, upscale_delay_s=30,
    downscale_delay_s=60,
)  # fmt: skip


class Theirs:
    """Ray's policy on a clock of ours, told the mean that the replay's makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._policy = autoscaling_policy._apply_autoscaling_config(
            autoscaling_policy.replica_queue_length_autoscaling_policy
        )
        self._state: dict[str, object] = {}
        self.now = 0.0
        monkeypatch.setattr(autoscaling_policy.time, "time", lambda: self.now)

    def decide(self, mean: float, running: int, wanted: int) -> int:
        context = AutoscalingContext(
            deployment_id=WHERE, deployment_name=WHERE.name, app_name=WHERE.app_name,
            current_num_replicas=running, target_num_replicas=wanted,
            running_replicas=[ReplicaID(str(n), WHERE) for n in range(running)],
            total_num_requests=mean, total_queued_requests=0.0, aggregated_metrics={},
            raw_metrics={}, capacity_adjusted_min_replicas=0, capacity_adjusted_max_replicas=5,
            policy_state=dict(self._state), last_scale_up_time=None, last_scale_down_time=None,
            current_time=self.now, config=CONFIG,
        )  # fmt: skip
        decided, self._state = self._policy(context)
        return max(0, min(5, decided))


@pytest.mark.parametrize("seed", range(20))
def test_they_decide_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, ours, theirs = random.Random(seed), RayServe(0, 5, 3, down_after_s=60), Theirs(monkeypatch)
    wanted, busy = 1, 0
    # A look every two seconds: half a minute holds sixteen.
    seen: deque[int] = deque(maxlen=16)
    numbers = set()
    for step in range(600):
        now = 2.0 * step
        if rng.random() < 0.05:
            busy = rng.choice((0, 0, 2, 4, 8, 14))
        loads = [EngineStats(running=busy // max(1, wanted))] * wanted
        queued = busy if not wanted else busy % wanted
        seen.append(sum(load.running for load in loads) + queued)
        theirs.now = now
        expected = theirs.decide(sum(seen) / len(seen), wanted, wanted)
        wanted = ours.decide(Look(now, loads, queued, wanted))
        numbers.add(wanted)
        assert wanted == expected, f"at {now}"
    assert len(numbers) > 2
