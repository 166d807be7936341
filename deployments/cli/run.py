"""`podium run`: a pipeline, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.failures import AnsweredError, ExitCode
from deployments.cli.options import (
    DEFAULT_TIMEOUT,
    HomeOption,
    JsonOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit, emit_line
from deployments.cli.run_inputs import RunOptions, run_inputs
from deployments.cli.run_view import RunView
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
    """Run a pipeline; exits 0 when it succeeds, if in part, and every required check passes."""
    if events and json_:
        raise InvalidRequest("Give --json or --events, not both.", param="--events")
    pipeline = name.removeprefix(PREFIX)
    options = RunOptions(text, audio, customer, input_ or (), example)
    body = {"inputs": run_inputs(pipeline, options), "stream": not json_}
    path = path_of("v1", "pipelines", pipeline, "runs")
    with Server(find_target(url, key, home), timeout) as server:
        if json_:
            outcome = server.post(path, body)
            emit(outcome)
        elif events:
            outcome = _follow(server.events(path, body), emit_line)
        else:
            view = RunView()
            outcome = _follow(server.events(path, body), view.show)
            view.finish(outcome)
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


def _follow(
    events: Iterable[dict[str, Any]], show: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Show the events; the outcome is the run that the last of them carries."""
    outcome: dict[str, Any] = {}
    for event in events:
        show(event)
        if isinstance(event.get("run"), dict):
            outcome = event["run"]
    if not outcome:
        raise AnsweredError(200, {"message": "The run's events broke off before its end."})
    return outcome
