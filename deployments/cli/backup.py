"""`podium backup` and `podium restore`: a home in one file, and back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, note, say, stderr_console
from deployments.cli.target import home_of

if TYPE_CHECKING:
    from deployments.backup.archive import Archive
    from deployments.backup.manifest import Manifest
    from deployments.backup.progress import Progress
    from deployments.backup.restore import Restored

_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The copy, one zip file.")]


def backup(
    file: _FileArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of a file that is there.")
    ] = False,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Copy a home into one file, while Podium runs or not; it holds secrets and documents."""
    from deployments.backup.make import back_up

    found = home_of(home)
    with _progress("backup") as progress:
        manifest = back_up(
            found,
            file.absolute(),
            now=time.time(),
            environ=os.environ,
            progress=progress,
            replace=replace,
        )
    _warn(manifest)
    if json_:
        emit(_told(manifest) | {"file": str(file.absolute()), "home": str(found.path)})
    else:
        say(f"{file}: {_size(manifest)}")
        _say_head(manifest)


def restore(
    file: _FileArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Verify the copy and restore nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of a home, which is kept beside.")
    ] = False,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Make a home of a copy, all of it verified first; exits 1 when its ledger does not hold."""
    from deployments.backup.archive import open_archive
    from deployments.backup.restore import restore as restore_home

    with open_archive(file.absolute()) as archive, _progress("restore") as progress:
        if check:
            _check(archive, progress)
            manifest, done = archive.manifest, None
        else:
            done = restore_home(
                archive, home_of(home).path, force=force, now=time.time(), progress=progress
            )
            manifest = done.manifest
    _warn(manifest)
    if json_:
        emit(_told(manifest) | ({"ok": True} if done is None else _told_restored(done)))
    elif done is None:
        say(f"{file}: whole, {_size(manifest)}, made {_moment(manifest.made)}")
        _say_head(manifest)
    else:
        _show_restored(done)
    if done is not None and done.ledger is not None and not done.ledger.ok:
        raise typer.Exit(ExitCode.FAILED)


def _check(archive: Archive, progress: Progress) -> None:
    from deployments.backup.restore import check_version

    check_version(archive.manifest)
    progress.total(archive.manifest.bytes)
    archive.check(progress.advance)


def _show_restored(done: Restored) -> None:
    say(f"{done.home.path}: {_size(done.manifest)}, as of {_moment(done.manifest.made)}")
    if done.kept is not None:
        say(f"what was there before: {done.kept}")
    if done.ledger is None:
        return
    if done.ledger.first_bad is None:
        say(f"ledger: {done.ledger.records} records hold")
    else:
        bad = done.ledger.first_bad
        say(f"ledger: it does not hold, record {bad.seq} {bad.why}; it was so when it was copied")


def _told(manifest: Manifest) -> dict[str, Any]:
    head = manifest.ledger_head
    return {
        "made": _moment(manifest.made),
        "home_version": manifest.home_version,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "ledger_head": None if head is None else {"seq": head.seq, "hash": head.hash},
        "elsewhere": list(manifest.elsewhere),
    }


def _told_restored(done: Restored) -> dict[str, Any]:
    return {
        "home": str(done.home.path),
        "kept": None if done.kept is None else str(done.kept),
        "ledger": None if done.ledger is None else done.ledger.as_dict(),
    }


def _warn(manifest: Manifest) -> None:
    for one in manifest.elsewhere:
        note(f"Not in this copy: {one}")


def _size(manifest: Manifest) -> str:
    return f"{len(manifest.files)} files, {manifest.bytes / (1 << 20):.1f} MiB"


def _say_head(manifest: Manifest) -> None:
    if manifest.ledger_head is not None:
        say(f"head of the ledger: {manifest.ledger_head.seq}:{manifest.ledger_head.hash}")


def _moment(made: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made))


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    from deployments.backup.progress import Progress

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    console = stderr_console()
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield Progress(
            lambda total: bar.update(task, total=total), lambda more: bar.advance(task, more)
        )
