"""A cheap deployment under our policy: `python -m tests.serve.scaling_app ADDRESS`.

Deploys it beside a running Podium, gives it more and less to do, takes it away again, and prints
each number of replicas that it came to, in order.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import ray
from ray import serve

from deployments.autoscaling import load_figures, replicas
from deployments.replica_counts import ServeReplicaCount
from models.local.engine_stats import EngineStats
from router.scaling.settings import Scaling
from tests.scripted_world import card

RULES = Scaling(
    min_replicas=0, max_replicas=2, requests_each=3,
    up_after_s=0, down_after_s=2, down_share=0.9, idle_after_s=4,
)  # fmt: skip
PATIENCE_S = 100.0


@serve.deployment(ray_actor_options={"num_cpus": 0.01}, graceful_shutdown_timeout_s=1)
class Holding:
    """Holds every request until its client lets go."""

    def __init__(self) -> None:
        self._held = 0

    async def hold(self) -> None:
        """Until it is cancelled."""
        self._held += 1
        try:
            await asyncio.sleep(3600)
        finally:
            self._held -= 1

    async def hello(self) -> str:
        """At once."""
        return "hello"

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """As every engine of ours tells it."""
        return load_figures(EngineStats(running=self._held))


async def follow(handle: Any) -> None:
    """More, less, nothing, and one who asks again."""
    count = ServeReplicaCount(handle)
    hold = handle.options(method_name="hold", _by_reference=False)
    held = [hold.remote() for _ in range(4)]
    waiting = [asyncio.create_task(response_of(response)) for response in held]
    await reach(count, 2)
    for response in held[1:]:
        response.cancel()
    await reach(count, 1)
    held[0].cancel()
    await asyncio.wait(waiting)
    await reach(count, 0)
    print(await handle.options(method_name="hello", _by_reference=False).remote(), flush=True)
    await reach(count, 1)


async def response_of(response: Any) -> None:
    """Wait for what is never answered."""
    try:
        await response
    except (Exception, asyncio.CancelledError):
        return


async def reach(count: ServeReplicaCount, wanted: int) -> None:
    """Return when there are so many replicas; fails when they never come."""
    until = time.monotonic() + PATIENCE_S
    while (there := await count()) != wanted:
        if time.monotonic() > until:
            raise SystemExit(f"there are {there} replicas, not {wanted}")
        await asyncio.sleep(0.2)
    print(wanted, flush=True)


def main() -> None:
    """Connect as the environment says."""
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
    options = replicas(card("mistral"), RULES)
    app = Holding.options(**options).bind()
    try:
        serve.run(app, name="scaling", route_prefix=None)
        asyncio.run(follow(serve.get_deployment_handle("Holding", "scaling")))
    finally:
        serve.delete("scaling")


if __name__ == "__main__":
    main()
