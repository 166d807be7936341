"""`podium ingest`: a folder of documents into a collection."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
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

_NAMED = 5


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
    for line in _left_out(found.skipped):
        note(line)
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


def _left_out(skipped: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each reason, with the first of the files."""
    files = defaultdict(list)
    for id_, reason in skipped:
        files[reason].append(id_)
    for reason, ids in files.items():
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        yield f"Left out {len(ids)}, {reason}: {', '.join(ids[:_NAMED])}{more}"


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
        # What reads a file names it, too.
        note(f"{path}: {error.removeprefix(f'{path}: ')}")
    say(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{len(report.failed)} failed; {report.chunks} chunks"
    )
