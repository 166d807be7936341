"""`podium costs`: what calls came to, as a table, as JSON, or drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from deployments.cli.cost_chart import cost_chart
from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, note, say, show_table
from deployments.cli.server import Server
from deployments.cli.target import find_target
from models.errors import InvalidRequest


def costs(
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day (UTC), as 2026-11-01.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last day; by default today.")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="WHAT,…", help="model, tenant, pipeline, day.")
    ] = "model",
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="One tenant's alone.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw it into an SVG file, too.")
    ] = None,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show what calls of models came to; by default this month's, by model."""
    if chart is not None and chart.suffix != ".svg":
        raise InvalidRequest("A chart is an SVG file: let its name end in .svg.", param="--chart")
    asked = {"from": first, "to": last, "by": by, "tenant": tenant}
    words = urlencode({name: value for name, value in asked.items() if value is not None})
    with Server(find_target(url, key, home)) as server:
        found = server.get(f"/v1/costs?{words}")
    if chart is not None:
        chart.write_text(cost_chart(found), encoding="utf-8")
        note(f"written: {chart}")
    if json_:
        emit(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    by = found["by"]
    heads = (*(name.upper() for name in by), "CALLS", "CANCELLED", "TOKENS IN", "OUT", "USD")
    show_table(heads, [_row(one, by) for one in found["data"]])
    say(f"{money(found['total_usd'])} USD from {found['from']} to {found['to']}")
    if found["estimated_usd"]:
        say(
            f"{money(found['estimated_usd'])} USD of it is the most it can be: the model told no"
            " usage, or nobody named its price."
        )


def _row(one: dict[str, Any], by: list[str]) -> tuple[str, ...]:
    counts = ("calls", "cancelled", "prompt_tokens", "completion_tokens")
    about = "≤ " if one["estimated_usd"] else ""
    return (
        *(one[name] or "(direct)" for name in by),
        *(str(one[name]) for name in counts),
        f"{about}{money(one['cost_usd'])}",
    )


def money(usd: float) -> str:
    """US dollars with four decimals; more where there would be nothing but zeros."""
    return f"{usd:.4f}" if usd >= 0.0001 or usd == 0 else f"{usd:.9f}"
