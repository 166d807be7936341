"""Chat rung by rung: `python -m bench.rungs`.

The same questions, in rounds that take turns, to vLLM's own server (bare) and to one engine on five
ways: the engine in the process of its load, the engine of a running Podium called from another
process as its gateway calls it, an ingress without governance, and the
gateway with a key that has rates and a budget. What one rung adds to the one below is that
component's price.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.chat import Plan, Side, comparisons
from bench.compared_run import compared_run, read_arguments
from bench.generator import Generator
from bench.governance import cluster_of, deploy_ungoverned, governed_key
from bench.samples import Sample
from bench.servers import (
    Server,
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


def main(words: Sequence[str]) -> int:
    """Measure and print one JSON document."""
    arguments = read_arguments(words, "rungs", "Measure chat rung by rung beside bare vLLM.")
    print(json.dumps(compared_run(arguments, "bench.rungs", _start, document), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
