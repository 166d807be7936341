"""The processes of an instance's replicas, and the Unix sockets they have."""

from __future__ import annotations

import psutil

from tests.serve.instance import Instance


def replicas(podium: Instance, deployment: str) -> list[psutil.Process]:
    """The replicas of a deployment."""
    name = f"ServeReplica:podium:{deployment}"
    running = psutil.Process(podium.pid).children(recursive=True)
    return [one for one in running if name in " ".join(one.cmdline())]


def sockets_at(process: psutil.Process, kind: str) -> int:
    """How many a door ("gate", "llm") or mailbox ("mail") has: one that listens, and the guests."""
    return sum(f"/{kind}-" in str(one.laddr) for one in process.net_connections("unix"))
