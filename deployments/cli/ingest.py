"""`podium ingest`: a folder of documents into a collection."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deployments.cli.failures import ExitCode
from deployments.cli.options import (
    DEFAULT_COLLECTION,
    DEFAULT_TIMEOUT,
    CollectionOption,
    HomeOption,
    JsonOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit, note, say, stderr_console
from deployments.cli.target import Target, find_target
from deployments.cli.upload import Report, Uploader
from deployments.cli.walk import Walk, walk


def ingest(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of md, txt, html and pdf files.")
    ],
    collection: CollectionOption = DEFAULT_COLLECTION,
    json_: JsonOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Ingest a folder; what did not change is left alone, exits 1 when a file failed."""
    target = find_target(url, key, home)
    found = walk(folder)
    for reason, count in Counter(reason for _, reason in found.skipped).items():
        note(f"Left out {count}: {reason}.")
    report = _upload(target, collection, timeout, found)
    if json_:
        emit(report.as_json())
    else:
        _show(report)
    if report.failed:
        raise typer.Exit(ExitCode.FAILED)


def ingest_folder(target: Target, folder: Path, collection: str) -> Report:
    """Ingest a folder for another command."""
    return _upload(target, collection, DEFAULT_TIMEOUT, walk(folder))


def _upload(target: Target, collection: str, timeout: float, found: Walk) -> Report:
    columns = (TextColumn("ingest"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = stderr_console()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("ingest", total=len(found.sources))
        uploader = Uploader(target, collection, timeout, lambda: progress.advance(task))
        return asyncio.run(uploader.upload(found.sources))


def _show(report: Report) -> None:
    for path, error in sorted(report.failed):
        note(f"{path}: {error}")
    say(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{len(report.failed)} failed; {report.chunks} chunks"
    )
