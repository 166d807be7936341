"""How close a run of `pipeline/support` comes to its critical path: `python -m bench.pipeline`.

The recorded calls go through a Podium of their own, one run at a time. The critical path is the
longest chain of steps, each of which waits for the one before it, by the times that the runs
themselves tell; what a run takes beyond it is Podium's own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.chat import stopped_in_order
from bench.machine import about_machine
from bench.paired import quantile
from bench.servers import start_podium
from deployments.cli.examples import example_calls, examples_folder
from deployments.cli.ingest import ingest_folder
from deployments.cli.run_inputs import RunOptions, run_inputs
from deployments.cli.server import Server, path_of
from deployments.cli.target import Target
from models.errors import InternalError
from router.plan import Plan
from router.plan_file import load_plans
from router.prompts import load_prompts
from router.schemas import load_schemas
from router.steps.kind import Library

_MODELS = '["mistral", "embed", "whisper"]'
_PIPELINE = "support"
_TIMEOUT_S = 120.0
# What a run may take: its critical path and a twentieth, and so much for each step that ran.
_SHARE = 1.05
_STEP_MS = 5.0


@dataclass(frozen=True, slots=True)
class Timed:
    """One run, milliseconds: what the client waited, what the run says it took, and its path."""

    call: str
    round: int
    client_ms: float
    makespan_ms: float
    path_ms: float
    path: tuple[str, ...]
    steps_ms: Mapping[str, float]

    @property
    def ratio(self) -> float:
        """The run beside its critical path, 1 at best."""
        return self.makespan_ms / self.path_ms

    @property
    def beyond_ms(self) -> float:
        """How much longer it took than it may; below zero when it was in time."""
        return self.makespan_ms - _SHARE * self.path_ms - _STEP_MS * len(self.steps_ms)


def critical_path(plan: Plan, steps_ms: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    """The longest chain of steps that wait for each other; a step that did not run takes none."""
    best: dict[str, tuple[float, tuple[str, ...]]] = {}

    def of(name: str) -> tuple[float, tuple[str, ...]]:
        if name not in best:
            before = [of(one) for one in plan.step(name).predecessors()]
            took, way = max(before, default=(0.0, ()))
            best[name] = (took + steps_ms.get(name, 0.0), (*way, name))
        return best[name]

    took, way = max(of(step.name) for step in plan.steps)
    return took, tuple(name for name in way if steps_ms.get(name, 0.0) > 0)


def timed(plan: Plan, call: str, number: int, client_ms: float, run: Mapping[str, Any]) -> Timed:
    """What one answered run came to; raises InternalError for one that failed."""
    if run["status"] not in ("succeeded", "partial"):
        raise InternalError(f"The run of {call} has the status {run['status']}.")
    steps = {
        step["name"]: float(step["duration_ms"])
        for step in run["steps"]
        if step["status"] not in ("skipped", "dropped")
    }
    path_ms, path = critical_path(plan, steps)
    return Timed(call, number, client_ms, float(run["timings_ms"]["total"]), path_ms, path, steps)


def document(runs: Sequence[Timed]) -> dict[str, Any]:
    """The figures of all runs, and the median of each step."""
    names = list(dict.fromkeys(name for run in runs for name in run.steps_ms))
    ratios = [run.ratio for run in runs]
    paths = [run.path for run in runs]
    return {
        "pipeline": _PIPELINE,
        "runs": len(runs),
        "makespan_ms": _spread([run.makespan_ms for run in runs]),
        "critical_path_ms": _spread([run.path_ms for run in runs]),
        "ratio": {"p50": round(median(ratios), 4), "max": round(max(ratios), 4)},
        "beyond_target_ms": _spread([run.beyond_ms for run in runs]),
        "outside_the_run_ms": _spread([run.client_ms - run.makespan_ms for run in runs]),
        "steps_in_a_row_ms": _spread([sum(run.steps_ms.values()) for run in runs]),
        "path": list(Counter(paths).most_common(1)[0][0]),
        "steps_ms": {
            name: round(median([run.steps_ms[name] for run in runs if name in run.steps_ms]), 1)
            for name in names
        },
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "p50": round(median(values), 2),
        "p95": round(quantile(values, 0.95), 2),
        "max": round(max(values), 2),
    }


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start Podium, run every call in every round, stop; the document."""
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    about = about_machine([]) | {
        "command": " ".join(["python -m bench.pipeline", *arguments.words])
    }
    with stopped_in_order() as stack:
        target = _podium(stack, folder)
        with Server(target, _TIMEOUT_S) as server:
            runs = _runs(server, arguments.rounds)
    raw = json.dumps([asdict(one) for one in runs], indent=1)
    (folder / "runs.json").write_text(raw, encoding="utf-8")
    return {"machine": about, **document(runs)}


def _podium(stack: ExitStack, folder: Path) -> Target:
    print("starting Podium", file=sys.stderr, flush=True)
    place = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    podium = start_podium(stack, folder, Path(place) / "home", _MODELS).settle()
    target = Target(podium.url, podium.key)
    ingest_folder(target, examples_folder() / "kb", "kb")
    return target


def _runs(server: Server, rounds: int) -> list[Timed]:
    """Every call in every round, after a round that is not kept."""
    plan = load_plans(Library(load_prompts(), load_schemas()))[_PIPELINE]
    found: list[Timed] = []
    for number in range(-1, rounds):
        for call in example_calls():
            options = RunOptions(audio=call.audio, customer=call.customer_id)
            body = {"inputs": run_inputs(_PIPELINE, options), "stream": False}
            began = time.perf_counter()
            answered = server.post(path_of("v1", "pipelines", _PIPELINE, "runs"), body)
            took = 1000 * (time.perf_counter() - began)
            one = timed(plan, call.audio.name, number, took, answered)
            found += [one] if number >= 0 else []
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure pipeline/support by its critical path.")
    parser.add_argument("--rounds", type=int, default=5, help="times every call is run (5)")
    parser.add_argument("--out", type=Path, default=_folder(), help="folder of logs and times")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def _folder() -> Path:
    return Path("build/bench") / f"pipeline-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure and print one JSON document."""
    print(json.dumps(run(_arguments(words)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
