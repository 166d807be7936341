"""`podium pictures`: the pictures that a home keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.cli.deletions import delete_each
from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target

pictures = typer.Typer(no_args_is_help=True, help="Delete pictures that were made.")


@pictures.callback()
def _pictures() -> None:
    """A group of its own, though it has one command."""


@pictures.command("delete")
def delete_pictures(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Their names in `route.assets`.")],
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Delete pictures and their labels; exits 1 when one of them was not there."""
    with Server(find_target(url, key, home)) as server:
        delete_each(server, ids, lambda id_: path_of("v1", "images", id_), as_json=json_)
