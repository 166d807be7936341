"""What governance costs local chat: `python -m bench.governance`.

One Podium, one engine, two ingresses behind one HAProxy that take turns: the gateway with all it
does for a key with rates and a budget, and an ingress that does nothing of it (bench.ungoverned).
So the figure is the price of everything between body and engine: authentication, label, decision,
limits, budget, request log and metrics. Local chat writes no ledger record; nothing leaves.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil

from bench.chat import Plan, comparisons, measure, one_load, stopped_in_order
from bench.chat_report import document, table, write_samples
from bench.machine import about_machine
from bench.servers import Server, end_tokens, packaged_card, start_podium
from bench.ungoverned import PREFIX
from deployments.home import Home
from deployments.run_file import read_running
from models.errors import SetupError

ALLOWED_LOSS = 0.05
_DEPLOY_S = 180.0
# High enough never to be met: what is measured is the counting.
_LIMITS = {"rpm": 1_000_000, "tpm": 1_000_000_000, "tokens_per_day": 1_000_000_000}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start both sides, measure, stop; the document with the loss at each concurrency."""
    plan = Plan(arguments.rounds, tuple(arguments.concurrency), arguments.requests)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with stopped_in_order() as stack:
        servers = _servers(stack, arguments.out)
        samples = measure(one_load(stack, servers), plan, end_tokens(packaged_card()))
    write_samples(arguments.out, samples)
    found = comparisons(samples, plan)
    print("\n".join(table(found)), file=sys.stderr)
    losses = {str(one.concurrency): round(1 - one.throughput_ratio.value, 4) for one in found}
    machine = about_machine(arguments.words)
    machine["command"] = " ".join(["python -m bench.governance", *arguments.words])
    return {"machine": machine, "loss": losses, "allowed": ALLOWED_LOSS, **document(found)}


def _servers(stack: ExitStack, folder: Path) -> dict[str, Server]:
    """Podium as `podium`, the ingress without governance as `bare`."""
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    home = Path(place) / "home"
    podium = start_podium(stack, folder, home).settle()
    bare = deploy_ungoverned(podium, home, folder)
    return {"bare": bare, "podium": Server(podium.url, governed_key(podium))}


def deploy_ungoverned(podium: Server, home: Path, folder: Path) -> Server:
    """The ingress without governance beside that Podium; raises SetupError."""
    address, environment = cluster_of(home)
    with (folder / "ungoverned.log").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-m", "bench.ungoverned", address],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=_DEPLOY_S,
            check=False,
        )
    if done.returncode != 0:
        raise SetupError(f"The other side was not deployed; see {folder / 'ungoverned.log'}.")
    return Server(podium.url + PREFIX)


def cluster_of(home: Path) -> tuple[str, Mapping[str, str]]:
    """The Ray of the instance at `home`, and the environment that lets a driver in."""
    running = read_running(Home(home))
    if running is None:
        raise SetupError("Podium ended before a driver could join its Ray.")
    children = psutil.Process(running.pid).children()
    raylet = next(one for one in children if one.name() == "raylet")
    gcs = next(word for word in raylet.cmdline() if word.startswith("--gcs-address="))
    wanted = ("RAY_", "PODIUM_")
    variables = {k: v for k, v in raylet.environ().items() if k.startswith(wanted)}
    return f"127.0.0.1:{gcs.rpartition(':')[2]}", os.environ | variables


def governed_key(podium: Server) -> str:
    """A key that everything counts for."""
    body = {"tenant": "bench", "scopes": ["infer"], **_LIMITS}
    made = httpx2.post(
        f"{podium.url}/v1/admin/keys",
        json=body,
        headers={"authorization": f"Bearer {podium.key}"},
        timeout=60.0,
    )
    return str(made.raise_for_status().json()["key"])


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what governance costs local chat.")
    parser.add_argument("--rounds", type=int, default=8, help="interleaved rounds (8)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--requests", type=int, help="a side, round and concurrency")
    parser.add_argument("--out", type=Path, default=_folder())
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def _folder() -> Path:
    return Path("build/bench") / f"governance-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure, print one JSON document, and say by the exit code whether the bar holds."""
    found = run(_arguments(words))
    print(json.dumps(found))
    return 0 if all(loss <= ALLOWED_LOSS for loss in found["loss"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
