"""`podium search`: the passages of a collection that answer a query."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.cli.options import (
    DEFAULT_TIMEOUT,
    HomeOption,
    JsonOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit, note, say
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target


def search(
    collection: Annotated[str, typer.Argument(help="The collection.")],
    query: Annotated[str, typer.Argument(metavar="Q", help="What to look for.")],
    k: Annotated[
        int | None, typer.Option("-k", "--k", min=1, max=200, help="How many hits.")
    ] = None,
    json_: JsonOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Search a collection."""
    path = path_of("v1", "collections", collection, "search")
    with Server(find_target(url, key, home), timeout) as server:
        found = server.post(path, {"query": query} | ({"k": k} if k else {}))
    if json_:
        emit(found)
        return
    hits = found.get("hits", [])
    for hit in hits:
        page = f", page {hit['page']}" if hit.get("page") else ""
        say(f"{hit['score']:.3f}  {hit.get('title') or hit['id']} ({hit['id']}{page})")
        say(f"       {' '.join(hit['text'].split())}\n")
    if not hits:
        note(f"Nothing found in '{collection}'.")
