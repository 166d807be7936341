"""`podium demo`: start, answer the recorded calls, show everything, stop."""

from __future__ import annotations

import base64
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal

import typer

from deployments.cli.demo_home import prepare_outside
from deployments.cli.demo_outside import show_outside
from deployments.cli.demo_view import CallView
from deployments.cli.examples import Call, example_calls, examples_folder
from deployments.cli.failures import ExitCode
from deployments.cli.ingest import ingest_folder
from deployments.cli.output import note, say
from deployments.cli.server import Server
from deployments.cli.target import Target

COLLECTION = "kb"
_TIMEOUT_S = 300.0
_ENGINES = {"mistral": "vllm", "whisper": "whisper"}


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the demo's home in place afterwards.")
    ] = False,
    calls: Annotated[int, typer.Option(min=1, help="How many of the calls to answer.")] = 100,
    remote: Annotated[
        Literal["off", "stub"],
        typer.Option(help="stub: ask a model outside too, with a stub for its provider."),
    ] = "off",
) -> None:
    """Answer the recorded calls with real engines on this machine, then stop everything."""
    chosen = example_calls()[:calls]
    say(
        f"Podium demo: {len(chosen)} recorded calls through pipeline/support, on loopback,"
        " with the small reference models. Needs about 4 GB of memory and under two minutes."
    )
    started = time.monotonic()
    with _home(keep) as home, running_home(home, remote) as target:
        ingest_folder(target, examples_folder() / "kb", COLLECTION)
        wrong = [problem for call in chosen for problem in _answer(target, call)]
        if remote == "stub":
            with Server(target, _TIMEOUT_S) as server:
                wrong += show_outside(server, home / "run" / "stub.jsonl")
        note("stopping")
    say(f"\nDone in {time.monotonic() - started:.0f} s; everything is stopped.")
    for problem in wrong:
        say(f"NOT AS IT SHOULD BE: {problem}")
    if wrong:
        raise typer.Exit(ExitCode.FAILED)


def _answer(target: Target, call: Call) -> list[str]:
    body = {
        "inputs": {
            "audio": base64.b64encode(call.audio.read_bytes()).decode(),
            "customer_id": call.customer_id,
        },
        "stream": True,
    }
    view = CallView(call)
    run: dict[str, Any] = {}
    with Server(target, _TIMEOUT_S) as server:
        for event in server.events("/v1/pipelines/support/runs", body):
            view.show(event)
            run = event.get("run") or run
    view.finish(run)
    return [f"{call.audio.name}: {problem}" for problem in problems(run)]


def problems(run: dict[str, Any]) -> list[str]:
    """What keeps a run from counting: a failed run or check, or another engine than its own."""
    found = []
    if run.get("status") not in ("succeeded", "partial"):
        found.append(f"the run is {run.get('status')}")
    found += [f"check {c['name']} failed" for c in run.get("checks", []) if not c["passed"]]
    for step in run.get("steps", []):
        wanted = _ENGINES.get(step.get("model") or "")
        if wanted is not None and step.get("engine") != wanted:
            found.append(f"step {step['name']} ran on {step.get('engine')}, not on {wanted}")
    return found


@contextmanager
def _home(keep: bool) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="podium-demo-"))
    try:
        yield home
    finally:
        if keep:
            note(f"the demo's home stays in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_home(
    path: Path, remote: str, more: Mapping[str, str] | None = None
) -> Iterator[Target]:
    """Podium on that home, stopped again whatever happens; a SIGTERM counts as an interrupt.

    `more` are variables that it is started with.
    """
    from deployments.detach import start_detached
    from deployments.down import down
    from deployments.open_home import open_home

    home = open_home(path)
    if remote == "stub":
        prepare_outside(home)
    old = signal.signal(signal.SIGTERM, _interrupt)
    try:
        note("starting Podium (about half a minute)")
        words = ["--home", str(path), "--port", "0", "--remote", remote]
        running = start_detached(home, words, note, more)
        key = home.first_key.read_text(encoding="utf-8").strip()
        yield Target(running.base_url, key)
    finally:
        down(home)
        signal.signal(signal.SIGTERM, old)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
