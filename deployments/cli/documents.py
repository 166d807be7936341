"""`podium documents`: what a collection holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deployments.cli.failures import AnsweredError, ExitCode, exit_code
from deployments.cli.options import (
    DEFAULT_COLLECTION,
    CollectionOption,
    HomeOption,
    JsonOption,
    KeyOption,
    UrlOption,
)
from deployments.cli.output import emit, note, say, show_table
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target

documents = typer.Typer(no_args_is_help=True, help="List, show and delete documents.")


@documents.command("list")
def list_documents(
    collection: CollectionOption = DEFAULT_COLLECTION,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """List the documents of a collection."""
    with Server(find_target(url, key, home)) as server:
        found = server.get(_path(collection))
    if json_:
        emit(found)
        return
    rows = found.get("documents", []) if isinstance(found, dict) else found
    show_table(
        ("ID", "TITLE", "CHUNKS"),
        [(str(r["id"]), str(r.get("title", "")), str(r.get("chunks", ""))) for r in rows],
    )


@documents.command("show")
def show_document(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The document's id.")],
    collection: CollectionOption = DEFAULT_COLLECTION,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show what is known of one document."""
    with Server(find_target(url, key, home)) as server:
        found = server.get(_path(collection, id_))
    if json_:
        emit(found)
        return
    for name, value in found.items():
        say(f"{name}: {value}")


@documents.command("delete")
def delete_documents(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="The documents' ids.")],
    collection: CollectionOption = DEFAULT_COLLECTION,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Delete documents; exits 1 when one of them was not there."""
    deleted: list[str] = []
    failed: list[dict[str, Any]] = []
    with Server(find_target(url, key, home)) as server:
        for id_ in ids:
            problem = _delete(server, _path(collection, id_))
            if problem is None:
                deleted.append(id_)
            else:
                failed.append({"id": id_, "error": problem})
    if json_:
        emit({"deleted": deleted, "failed": failed})
    else:
        for failure in failed:
            note(f"{failure['id']}: {failure['error']}")
        say(f"{len(deleted)} deleted, {len(failed)} failed")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _delete(server: Server, path: str) -> str | None:
    try:
        server.delete(path)
    except AnsweredError as error:
        if exit_code(error) in (ExitCode.UNAUTHORISED, ExitCode.DENIED):
            raise
        return str(error)
    return None


def _path(collection: str, *ids: str) -> str:
    return path_of("v1", "collections", collection, "documents", *ids)
