"""`podium talk`: speech written down while it is spoken, then answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.options import (
    DEFAULT_TIMEOUT,
    HomeOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit_line
from deployments.cli.run import PREFIX, run_exit_code
from deployments.cli.talk_line import talk as talk_on_line
from deployments.cli.talk_sound import source
from deployments.cli.talk_view import TalkView
from deployments.cli.target import find_target

NO_PIPELINE = "none"


def talk(
    audio: Annotated[
        Path | None,
        typer.Option(help="A recording, played at the speed of speech; else the microphone."),
    ] = None,
    pipeline: Annotated[
        str, typer.Option(help=f"What answers each turn; '{NO_PIPELINE}' only writes it down.")
    ] = "support",
    customer: Annotated[str | None, typer.Option(help="The customer's id, C-1000.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="The speech model, where there are several.")
    ] = None,
    silence_ms: Annotated[
        int, typer.Option("--silence-ms", min=100, max=10_000, help="Silence that ends a turn.")
    ] = 500,
    json_: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON.")
    ] = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Speak, or play a recording: words that stand are shown at once, guesses in grey."""
    view = TalkView()
    seen: list[dict[str, Any]] = []
    show: Callable[[dict[str, Any]], None] = emit_line if json_ else view.show
    query = _query(pipeline.removeprefix(PREFIX), customer, model)
    target = find_target(url, key, home)
    asyncio.run(talk_on_line(target, query, silence_ms, source(audio), _both(show, seen), timeout))
    runs = [event["event"] for event in seen if event["type"] == "podium.run"]
    codes = [run_exit_code(run.get("run") or {}) for run in runs if _is_end(run)]
    if any(codes):
        raise typer.Exit(max(codes))


def _query(pipeline: str, customer: str | None, model: str | None) -> dict[str, str]:
    query = {"hypotheses": "true"}
    if pipeline != NO_PIPELINE:
        query["pipeline"] = pipeline
    given = {"customer_id": customer, "model": model}
    return query | {name: value for name, value in given.items() if value}


def _is_end(run: dict[str, Any]) -> bool:
    return run.get("type") in ("run.finished", "run.failed")


def _both(
    show: Callable[[dict[str, Any]], None], seen: list[dict[str, Any]]
) -> Callable[[dict[str, Any]], None]:
    def take(event: dict[str, Any]) -> None:
        show(event)
        if event["type"] == "podium.run" and _is_end(event["event"]):
            seen.append(event)

    return take
