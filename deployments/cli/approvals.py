"""`podium approvals`: what runs want done, and whether people agree."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, say, show_table
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target

approvals = typer.Typer(
    no_args_is_help=True, help="List the acts of runs; agree to one, or refuse it."
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The act's id: act-….")]
_COLUMNS = ("ID", "ACTION", "STATUS", "LEVEL", "ASKED BY", "AGREED", "UNTIL")


@approvals.command("list")
def list_approvals(
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended as well.")] = False,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """List the acts that wait for people."""
    with Server(find_target(url, key, home)) as server:
        found = server.get("/v1/approvals?limit=500")
    rows = [one for one in found["data"] if all_ or one["status"] == "waiting"]
    if json_:
        emit({**found, "data": rows})
    elif rows:
        show_table(_COLUMNS, [_row(one) for one in rows])
    else:
        say("Nothing waits.")


@approvals.command("show")
def show_approval(
    id_: IdArgument,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show one act with its exact arguments."""
    with Server(find_target(url, key, home)) as server:
        act = server.get(path_of("v1", "approvals", id_))
    if json_:
        emit(act)
        return
    for column, value in zip(_COLUMNS, _row(act), strict=True):
        say(f"{column.lower()}: {value}")
    for name, value in (act["arguments"] or {}).items():
        say(f"  {name}: {value}")


@approvals.command("approve")
def approve(
    id_: IdArgument,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Agree to an act; with enough keys agreed it is done at once."""
    _decide("approve", id_, json_, Server(find_target(url, key, home)))


@approvals.command("reject")
def reject(
    id_: IdArgument,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Refuse an act: it is never done."""
    _decide("reject", id_, json_, Server(find_target(url, key, home)))


def _decide(word: str, id_: str, json_: bool, connection: Server) -> None:
    with connection as server:
        act = server.post(path_of("v1", "approvals", id_, word), {})
    if json_:
        emit(act)
    else:
        missing = act["needed"] - len(act["approved_by"])
        more = f", {missing} more must agree" if act["status"] == "waiting" else ""
        say(f"{act['id']}: {act['status']}{more}")


def _row(act: dict[str, Any]) -> tuple[str, ...]:
    return (
        act["id"],
        act["action"],
        act["status"],
        act["label"]["level"],
        act["asked_by"],
        f"{len(act['approved_by'])} of {act['needed']}",
        time.strftime("%Y-%m-%d %H:%M", time.localtime(act["expires"])),
    )
