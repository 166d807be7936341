"""One token, shown twice: `python -m tests.serve.replay_token HOME ADDRESS`, of a running instance.

Prints what the gate made of each showing: `answered`, or an error's code.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deployments.home import Home
from deployments.policy_in_force import policy_place
from deployments.settings import Settings
from models.catalog import builtin_catalog, load_catalog
from models.errors import PodiumError
from models.messages import ChatRequest, Message, Origin
from models.remote.registry import wire_body
from router.gate.departure import Outgoing
from router.gate.sealer import Sealer
from router.gate.token import gate_keys
from router.label import Label
from router.policy_file import default_policy, load_policy


def outgoing(home: Home) -> Outgoing:
    """A sealed request, as only who has the home's secret can make one."""
    card = load_catalog([builtin_catalog(), home.run / "stub"]).card("chatgpt")
    text = policy_place(Settings(home=str(home.path))).text()
    policy = default_policy() if text is None else load_policy(text)
    payload = wire_body(card, ChatRequest(card.id, (Message("user", "REPLAYED"),)))
    origin = Origin("req_1", "dec_1", "default", "request", Label().to_json(), policy.digest)
    token = Sealer(gate_keys(home.pepper())).seal(card.id, origin, payload)
    return Outgoing(token, payload, card.id, "default")


async def show_twice(home: Home) -> None:
    """Show one token twice."""
    from ray import serve

    from deployments.handles import ServeRemote
    from models.deadline import Deadline

    gate = ServeRemote(serve.get_deployment_handle("Egress", "podium"), "egress")
    request = outgoing(home)
    for _ in range(2):
        try:
            await gate.call("complete", request, 60.0, deadline=Deadline.after(60))
            print("answered", flush=True)
        except PodiumError as error:
            print(error.code, flush=True)


def main() -> None:
    """Connect to the instance's Ray as the environment says, and show the token."""
    import ray

    ray.init(address=sys.argv[2], log_to_driver=False, logging_level="ERROR")
    asyncio.run(show_twice(Home(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
