"""Chat rung by rung: `python -m bench.rungs`.

The same questions, in rounds that take turns, to vLLM's own server (bare) and to one engine on five
ways: the engine in the process of its load, a Serve handle, an ingress without governance, and the
gateway with a key that has rates and a budget. What one rung adds to the one below is that
component's price.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.chat import Plan, Side, comparisons, measure, stopped_in_order
from bench.chat_report import write_samples
from bench.generator import Generator
from bench.governance import cluster_of, deploy_ungoverned, governed_key
from bench.machine import about_machine
from bench.samples import Sample
from bench.servers import (
    Server,
    end_tokens,
    packaged_card,
    server_environment,
    start_bare,
    start_podium,
)
from bench.side_figures import BARE, compared, sides
from models.local.vllm_requests import engine_environment
from models.local.vllm_settings import VllmSettings

# From the engine up; each stands on the one before it.
RUNGS = ("engine", "handle", "ungoverned", "podium")
_NICER = 5


def document(samples: Sequence[Sample], plan: Plan) -> dict[str, Any]:
    """Each side's figures, each beside bare, and each beside the rung below it."""
    to_bare = {rung: comparisons(samples, plan, (BARE, rung)) for rung in RUNGS}
    pairs = list(pairwise(RUNGS))
    steps = {pair: comparisons(samples, plan, pair) for pair in pairs}
    return {
        "rounds": plan.rounds,
        "clients": [
            {
                "clients": clients,
                "sides": sides({rung: found[place] for rung, found in to_bare.items()}),
                "to_bare": {rung: compared(found[place]) for rung, found in to_bare.items()},
                "steps": [
                    {"from": lower, "to": upper, **compared(found[place])}
                    for (lower, upper), found in steps.items()
                ],
            }
            for place, clients in enumerate(plan.concurrency)
        ],
    }


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start every rung, measure, stop; the document."""
    plan = Plan(arguments.rounds, tuple(arguments.concurrency), arguments.requests)
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    about = about_machine([]) | {"command": " ".join(["python -m bench.rungs", *arguments.words])}
    with stopped_in_order() as stack:
        samples = measure(_start(stack, folder), plan, end_tokens(packaged_card()))
    write_samples(folder, samples)
    return {"machine": about, **document(samples, plan)}


def _start(stack: ExitStack, folder: Path) -> dict[str, Side]:
    print("starting vLLM's own server and Podium", file=sys.stderr, flush=True)
    bare = start_bare(stack, folder)
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    home = Path(place) / "home"
    podium = start_podium(stack, folder, home).settle()
    nothing = Server("")
    address, environment = cluster_of(home)
    card = packaged_card()
    own = server_environment() | engine_environment(VllmSettings.model_validate(card.engine))
    http = _load(stack, Generator())
    return {
        BARE: Side(bare.settle(), http),
        "engine": Side(
            nothing, _load(stack, Generator(("bench.load_port", "engine"), own, nicer=_NICER))
        ),
        "handle": Side(
            nothing, _load(stack, Generator(("bench.load_port", "handle", address), environment))
        ),
        "ungoverned": Side(deploy_ungoverned(podium, home, folder), http),
        "podium": Side(Server(podium.url, governed_key(podium)), http),
    }


def _load(stack: ExitStack, generator: Generator) -> Generator:
    stack.callback(generator.stop)
    return generator


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure chat rung by rung beside bare vLLM.")
    parser.add_argument("--rounds", type=int, default=8, help="interleaved rounds (8)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--requests", type=int, help="a side, round and concurrency")
    parser.add_argument("--out", type=Path, default=_folder(), help="folder of logs and samples")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def _folder() -> Path:
    return Path("build/bench") / f"rungs-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure and print one JSON document."""
    print(json.dumps(run(_arguments(words)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
