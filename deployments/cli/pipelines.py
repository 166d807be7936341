"""`podium pipelines`: what can be run."""

from __future__ import annotations

import typer

from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, show_table
from deployments.cli.server import Server
from deployments.cli.target import find_target

pipelines = typer.Typer(no_args_is_help=True, help="The pipelines of the server.")


@pipelines.command("list")
def list_pipelines(
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """List the pipelines."""
    with Server(find_target(url, key, home)) as server:
        found = server.get("/v1/pipelines")
    if json_:
        emit(found)
        return
    rows = [(str(r.get("name") or r.get("id")), str(r.get("version", ""))) for r in found["data"]]
    show_table(("NAME", "VERSION"), rows)
