"""Deleting several things by a command: what went, what did not, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

from deployments.cli.failures import AnsweredError, ExitCode, exit_code
from deployments.cli.output import emit, note, say
from deployments.cli.server import Server


def delete_each(
    server: Server, ids: Sequence[str], path: Callable[[str], str], *, as_json: bool
) -> None:
    """Delete what lies at the `path` of each id, and tell; exits 1 when one was not deleted.

    Raises AnsweredError for a key that may not delete.
    """
    deleted: list[str] = []
    failed: list[dict[str, Any]] = []
    for id_ in ids:
        problem = _problem(server, path(id_))
        if problem is None:
            deleted.append(id_)
        else:
            failed.append({"id": id_, "error": problem})
    if as_json:
        emit({"deleted": deleted, "failed": failed})
    else:
        for failure in failed:
            note(f"{failure['id']}: {failure['error']}")
        say(f"{len(deleted)} deleted, {len(failed)} failed")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _problem(server: Server, path: str) -> str | None:
    try:
        server.delete(path)
    except AnsweredError as error:
        if exit_code(error) in (ExitCode.UNAUTHORISED, ExitCode.DENIED):
            raise
        return str(error)
    return None
