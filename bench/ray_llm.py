"""Ray Serve LLM beside Podium: `python -m bench.ray_llm`.

The same questions, in rounds that take turns, to vLLM's own server, to Ray Serve LLM with its own
ingress, and to Podium with a key that has rates and a budget; all three over the same weights and
engine arguments. Podium's lock leaves out what `ray.serve.llm` needs, so on an installation of the
lock alone this says what is missing instead of a figure.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2

from bench.chat import Plan, Side, comparisons, one_load
from bench.child import Child
from bench.compared_run import compared_run, read_arguments
from bench.governance import governed_key
from bench.report_parts import ABSENT
from bench.samples import Sample
from bench.servers import (
    MODEL,
    START_S,
    STOP_S,
    Server,
    server_environment,
    start_bare,
    start_podium,
)
from bench.side_figures import BARE, compared, sides
from deployments.port_block import claim_ports

RAY = "ray-llm"
PODIUM = "podium"


def missing(module: str = "ray.serve.llm") -> str | None:
    """Why the module can't be used, None when it can."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return str(error)
    return None


def document(samples: Sequence[Sample], plan: Plan) -> dict[str, Any]:
    """Each side's figures, both beside bare, and Podium beside Ray Serve LLM."""
    to_bare = {side: comparisons(samples, plan, (BARE, side)) for side in (RAY, PODIUM)}
    to_ray = comparisons(samples, plan, (RAY, PODIUM))
    return {
        "rounds": plan.rounds,
        "clients": [
            {
                "clients": clients,
                "sides": sides({side: found[place] for side, found in to_bare.items()}),
                "to_bare": {side: compared(found[place]) for side, found in to_bare.items()},
                "to_ray": compared(to_ray[place]),
            }
            for place, clients in enumerate(plan.concurrency)
        ],
    }


def _start(stack: ExitStack, folder: Path) -> dict[str, Side]:
    print("starting vLLM's own server, Ray Serve LLM and Podium", file=sys.stderr, flush=True)
    bare = start_bare(stack, folder)
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    podium = start_podium(stack, folder, Path(place) / "home")
    ray = _start_ray(stack, folder)
    settled = podium.settle()
    return one_load(
        stack,
        {
            BARE: bare.settle(),
            RAY: ray,
            PODIUM: Server(settled.url, governed_key(settled)),
        },
    )


def _start_ray(stack: ExitStack, folder: Path) -> Server:
    block = claim_ports()
    stack.callback(block.release)
    url = f"http://127.0.0.1:{block.http[0]}"
    child = Child(
        "Ray Serve LLM",
        [sys.executable, "-W", "ignore", "-m", "bench.ray_llm_server", str(block.http[0])],
        server_environment(),
        folder / "ray-llm.log",
    )
    stack.callback(child.stop, STOP_S)
    return child.wait_until(lambda: Server(url) if _answers(url) else None, START_S)


def _answers(url: str) -> bool:
    try:
        told = httpx2.get(f"{url}/v1/models", timeout=2.0)
    except httpx2.TransportError:
        return False
    return told.status_code == httpx2.codes.OK and MODEL in told.text


def main(words: Sequence[str]) -> int:
    """Measure and print one JSON document, or say what is missing."""
    arguments = read_arguments(words, "ray-llm", "Measure Ray Serve LLM and Podium beside vLLM.")
    why = missing()
    if why is not None:
        print(json.dumps({"reason": f"Ray Serve LLM is not installed here: {why}."}))
        return ABSENT
    print(json.dumps(compared_run(arguments, "bench.ray_llm", _start, document), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
