"""The processes of an instance's replicas, and who is connected with them."""

from __future__ import annotations

import psutil

from tests.serve.instance import Instance


def replicas(podium: Instance, deployment: str) -> list[psutil.Process]:
    """The replicas of a deployment."""
    name = f"ServeReplica:podium:{deployment}"
    running = psutil.Process(podium.pid).children(recursive=True)
    return [one for one in running if name in " ".join(one.cmdline())]


def at_the_mailbox(gateway: psutil.Process) -> int:
    """How many sockets a gateway's mailbox has: one that listens, and one for each that sends."""
    return sum("/mail-" in str(one.laddr) for one in gateway.net_connections("unix"))
