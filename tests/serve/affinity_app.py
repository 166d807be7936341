"""Two replicas that say who they are: `python -m tests.serve.affinity_app ADDRESS`.

Deploys them beside a running Podium under the router of sessions, asks as a gateway does, takes
them away again, and prints how many replicas answered one conversation, and how many all of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import ray
from ray import serve
from ray.serve.config import RequestRouterConfig

from deployments.app import BY_SESSION
from deployments.handles import ServeRemote
from models.deadline import Deadline
from models.messages import ChatRequest, Message
from router.affinity import conversation_of


@serve.deployment(
    num_replicas=2,
    ray_actor_options={"num_cpus": 0.01},
    graceful_shutdown_timeout_s=1,
    request_router_config=RequestRouterConfig(request_router_class=BY_SESSION),
)
class Named:
    """Answers with the number of its process."""

    async def complete(self, request: ChatRequest) -> int:
        """The same from each replica, another from the other."""
        return os.getpid()


@serve.deployment(ray_actor_options={"num_cpus": 0.01})
class Front:
    """What takes requests in has HAProxy's routing; those behind it have ours."""

    def __init__(self, behind: Any) -> None:
        """Nothing to keep."""


async def _asked(handle: Any) -> tuple[int, int]:
    sticky = ServeRemote(handle, "named", conversation_of)

    async def who(said: str) -> int:
        request = ChatRequest("named", (Message("user", said),))
        return int(await sticky.call("complete", request, deadline=Deadline.after(30)))

    one = {await who("hello") for _ in range(24)}
    all_ = {await who(f"hello {number}") for number in range(24)}
    return len(one), len(all_)


def main() -> None:
    """Connect as the environment says."""
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
    try:
        serve.run(Front.bind(Named.bind()), name="affinity", route_prefix=None)
        print(*asyncio.run(_asked(serve.get_deployment_handle("Named", "affinity"))))
    finally:
        serve.delete("affinity")


if __name__ == "__main__":
    main()
