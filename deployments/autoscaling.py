"""Ray Serve's autoscaler, led by `router.scaling`: what engines say of themselves decides."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig
from models.local.engine_stats import EngineStats
from router.scaling.policy import Memory, Seen, resolved, scale
from router.scaling.settings import Scaling

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext

    from deployments.settings import Settings

TOLD_EVERY_S = 2.0
_REQUESTS_AT_ONCE: Mapping[str, int] = {
    "vllm": 32, "ray_serve_llm": 32, "transformers": 1, "whisper": 2, "embedder": 64,
    "diffusers": 1,
}  # fmt: skip
_MEMORY = "podium"


class Busy(Protocol):
    """What any of our engines says of its load."""

    @property
    def running(self) -> int:
        """Requests it works on."""

    @property
    def waiting(self) -> int:
        """Requests that wait in it."""


def load_figures(stats: Busy) -> dict[str, float]:
    """What a replica's `record_autoscaling_stats` tells Serve's controller."""
    return {
        "running": float(stats.running),
        "waiting": float(stats.waiting),
        "kv_cache_usage": float(getattr(stats, "kv_cache_usage", 0.0)),
    }


class EnginePolicy:
    """A custom policy of Ray Serve; the controller makes it from `scaling`, as plain data.

    It holds nothing itself: what it remembers, Serve keeps and hands back.
    """

    def __init__(self, scaling: Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        self._scaling = Scaling.model_validate(scaling)
        self._clock = clock

    def __call__(self, context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
        """The replicas to have, and the state to keep."""
        loads = _loads(context)
        if not loads and context.current_num_replicas:
            # Running replicas that have not told yet: nothing is known, so nothing changes.
            return context.target_num_replicas, dict(context.policy_state)
        seen = Seen(loads, context.total_queued_requests or 0.0, context.target_num_replicas)
        memory = context.policy_state.get(_MEMORY, Memory())
        result = scale(seen, memory, self._scaling, self._clock())
        return result.replicas, {_MEMORY: result.memory}


def _loads(context: AutoscalingContext) -> list[EngineStats]:
    """The newest figures of each replica that told any."""
    raw = context.raw_metrics or {}
    newest = {
        name: {replica: series[-1].value for replica, series in raw.get(name, {}).items() if series}
        for name in ("running", "waiting", "kv_cache_usage")
    }
    return [
        EngineStats(
            running=int(running),
            waiting=int(newest["waiting"].get(replica, 0)),
            kv_cache_usage=newest["kv_cache_usage"].get(replica, 0.0),
        )
        for replica, running in newest["running"].items()
    ]


def replicas(card: ModelCard, scaling: Scaling | None) -> dict[str, Any]:
    """The options of a deployment that say how many replicas there are."""
    if scaling is None:
        return {"num_replicas": card.replicas}
    return {"autoscaling_config": _config(card, scaling)}


def _config(card: ModelCard, scaling: Scaling) -> Any:
    from ray.serve.config import AutoscalingConfig, AutoscalingPolicy

    at_once = int(card.engine.get("max_num_seqs", _REQUESTS_AT_ONCE[card.dialect]))
    rules = resolved(scaling, at_once).model_dump(mode="json")
    with warnings.catch_warnings():
        # Serve 2.60 calls the interval deprecated for variables that nothing in it reads.
        warnings.simplefilter("ignore", DeprecationWarning)
        return AutoscalingConfig(
            min_replicas=scaling.min_replicas,
            # A model that may sleep is started once all the same: what is wrong with it shows now.
            initial_replicas=max(1, scaling.min_replicas),
            max_replicas=scaling.max_replicas,
            metrics_interval_s=TOLD_EVERY_S,
            look_back_period_s=2 * TOLD_EVERY_S,
            # The policy knows its own patience.
            upscale_delay_s=0,
            downscale_delay_s=0,
            policy=AutoscalingPolicy(
                policy_function="deployments.autoscaling:EnginePolicy",
                policy_kwargs={"scaling": rules},
            ),
        )


def check_scaling(settings: Settings, catalog: Catalog) -> None:
    """Raise InvalidConfig where `scaling` names what does not run here."""
    local = [name for name in settings.models if name in catalog and catalog.card(name).is_local]
    for name, rules in settings.scaling.items():
        if name not in local:
            raise InvalidConfig(
                f"scaling names '{name}', which is none of the models that run here"
                f" ({', '.join(local)}). Add it to models, or leave it out of scaling.",
                param=f"scaling.{name}",
            )
        _check_adapters(name, rules, settings, catalog)


def _check_adapters(name: str, rules: Scaling, settings: Settings, catalog: Catalog) -> None:
    """An adapter has no replicas of its own, and nobody who asks for it would wake its base."""
    base = catalog.card(name).base
    if base is not None:
        raise InvalidConfig(
            f"'{name}' is an adapter and runs in the engine of '{base}'; scale that one.",
            param=f"scaling.{name}",
        )
    carried = [one for one in settings.models if catalog.card(one).base == name]
    if carried and rules.sleeps:
        raise InvalidConfig(
            f"'{name}' carries {', '.join(carried)} and can't sleep; set min_replicas to 1.",
            param=f"scaling.{name}.min_replicas",
        )
