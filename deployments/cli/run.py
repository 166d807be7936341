"""`podium run`: a pipeline, once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.ask import source_lines
from deployments.cli.failures import AnsweredError, ExitCode
from deployments.cli.options import (
    DEFAULT_TIMEOUT,
    HomeOption,
    JsonOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit, emit_line, note, say
from deployments.cli.run_inputs import RunOptions, run_inputs
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target
from models.errors import InvalidRequest

PREFIX = "pipeline/"


def run(
    name: Annotated[str, typer.Argument(help="A pipeline, see `podium pipelines list`.")],
    text: Annotated[str | None, typer.Option(help="What the customer writes.")] = None,
    audio: Annotated[Path | None, typer.Option(help="A recording of what they say.")] = None,
    customer: Annotated[str | None, typer.Option(help="The customer's id, C-1000.")] = None,
    input_: Annotated[
        list[str] | None, typer.Option("--input", metavar="KEY=VALUE", help="Any other input.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Run a packaged example.")] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Print each event as a line of JSON.")
    ] = False,
    json_: JsonOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Run a pipeline; exits 0 only when it succeeds and every required check passes."""
    if events and json_:
        raise InvalidRequest("Give --json or --events, not both.", param="--events")
    pipeline = name.removeprefix(PREFIX)
    options = RunOptions(text, audio, customer, input_ or (), example)
    body = {"inputs": run_inputs(pipeline, options), "stream": events}
    path = path_of("v1", "pipelines", pipeline, "runs")
    with Server(find_target(url, key, home), timeout) as server:
        if events:
            outcome = _pass_on(server.events(path, body))
        else:
            outcome = server.post(path, body)
            emit(outcome) if json_ else _show(outcome)
    code = run_exit_code(outcome)
    if code:
        raise typer.Exit(code)


def run_exit_code(run: dict[str, Any]) -> int:
    """0 for a run that succeeded, or did in part, with every required check passed."""
    if run.get("status") == "denied":
        return ExitCode.DENIED
    checks = run.get("checks") or []
    held = all(check.get("passed") or check.get("required") is False for check in checks)
    good = run.get("status") in ("succeeded", "partial") and held
    return ExitCode.OK if good else ExitCode.FAILED


def _pass_on(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Print the events; the outcome is the last that carries a run, or that is one itself."""
    outcome: dict[str, Any] = {}
    for event in events:
        emit_line(event)
        if isinstance(event.get("run"), dict):
            outcome = event["run"]
        elif "run_id" in event and "status" in event:
            outcome = event
        elif event.get("type") == "error" and isinstance(event.get("error"), dict):
            outcome = {"status": _failed_status(event["error"])}
    if not outcome:
        raise AnsweredError(200, {"message": "The run's events broke off before its end."})
    return outcome


def _failed_status(error: dict[str, Any]) -> str:
    return "denied" if error.get("code") == "policy_denied" else "failed"


def _show(run: dict[str, Any]) -> None:
    for step in run.get("steps") or []:
        took = step.get("duration_ms")
        spent = f"{took:8.0f} ms" if isinstance(took, int | float) else " " * 11
        note(
            f"{spent}  {step.get('name', '')}: {step.get('status', '')}  {step.get('model') or ''}"
        )
    _show_output(run.get("output"))
    for line in source_lines(run.get("sources") or []):
        say(line)
    for check in run.get("checks") or []:
        passed = "passed" if check.get("passed") else "FAILED"
        note(f"check {check.get('name')}: {passed} {check.get('detail') or ''}")
    note(f"{run.get('status')} · {run.get('run_id')}")


def _show_output(output: Any) -> None:
    if isinstance(output, dict):
        for name, value in output.items():
            if value not in (None, "", []):
                say(f"{name}: {value}" if isinstance(value, str) else f"{name}: {_short(value)}")
    elif output is not None:
        say(str(output))


def _short(value: Any) -> str:
    return f"{len(value)} items" if isinstance(value, list) else str(value)
