"""`podium documents`: what a collection holds."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.cli.deletions import delete_each
from deployments.cli.options import (
    DEFAULT_COLLECTION,
    CollectionOption,
    HomeOption,
    JsonOption,
    KeyOption,
    UrlOption,
)
from deployments.cli.output import emit, say, show_table
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
    with Server(find_target(url, key, home)) as server:
        delete_each(server, ids, lambda id_: _path(collection, id_), as_json=json_)


def _path(collection: str, *ids: str) -> str:
    return path_of("v1", "collections", collection, "documents", *ids)
