"""The head is cut off and comes back with its books from Redis; the other nodes go on meanwhile."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bound import bound
from tests.serve.cluster.load import Load
from tests.serve.cluster.nodes import Cluster
from tests.serve.cluster.ports import free_ports
from tests.serve.cluster.site import chat, raised

BACK_S = 60.0


@pytest.mark.assurance
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_requests_go_on_without_the_head(tmp_path: Path) -> None:
    with ExitStack() as stack:
        of_head = {"RAY_REDIS_ADDRESS": _redis(stack, tmp_path)}
        site = raised(stack, tmp_path, Cluster(tmp_path / "home", of_head=of_head))
        site.cluster.wait_for_dashboard()
        site.deploy(site.config())
        site.wait_ready()
        with Load(site, [chat("mistral")] * 2, "gateway") as load:
            load.wait(lambda: load.answered() > 10)
            site.cluster.nodes.pop("head").kill()
            killed = time.monotonic()
            load.wait(lambda: load.answered(killed) > 20)
            alone = time.monotonic()
            site.cluster.start_head()
            site.wait_ready()
            back = time.monotonic()
            load.wait(lambda: load.answered(back) > 10)
        print(f"\n{alone - killed:.1f} s alone, {back - alone:.1f} s to come back, {load.tally()}")
        assert all(one.honest for one in load.outcomes), load.tally()
        assert {status for _, status, _ in load.tally()} == {200}
        assert max(one.seconds for one in load.outcomes) < BACK_S
        # What the controller looks after is looked after again.
        site.cluster.nodes["models"].replicas()["LLM-mistral"][0].kill()
        with Load(site, [chat("mistral")] * 2) as load:
            load.wait(lambda: load.answered() > 10)


def _redis(stack: ExitStack, folder: Path) -> str:
    """The address of one that ends with the test."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder),
         "--appendonly", "yes"],
        stdout=subprocess.DEVNULL, preexec_fn=bound(),
    )  # fmt: skip
    stack.callback(process.wait, 30)
    stack.callback(process.terminate)
    return f"127.0.0.1:{port}"
