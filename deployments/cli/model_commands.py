"""`podium models`: what is served, and the way to real weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, note, say, show_table
from deployments.cli.server import Server
from deployments.cli.target import find_target, home_of
from deployments.onboarding.add import AddOptions, Findings, examine, write_row
from deployments.onboarding.machine import read_machine
from deployments.onboarding.memory import GIB
from deployments.open_home import open_home
from models.errors import NotFound

models = typer.Typer(no_args_is_help=True, help="List, show and add models.")


@models.command("list")
def list_models(
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """List the models the key may use."""
    with Server(find_target(url, key, home)) as server:
        found = server.get("/v1/models")
    if json_:
        emit(found)
        return
    facts = [(item["id"], item.get("podium") or {}) for item in found["data"]]
    named = ("kind", "site", "engine", "licence")
    rows = [
        (id_, *(str(more.get(name) or "") for name in named), price_text(more.get("price")))
        for id_, more in facts
    ]
    show_table(("ID", "KIND", "SITE", "ENGINE", "LICENCE", "PRICE"), rows)


@models.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A model's id.")],
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show one model."""
    with Server(find_target(url, key, home)) as server:
        found = _named(server.get("/v1/models")["data"], name)
    if json_:
        emit(found)
        return
    for field, value in {"id": found["id"], **(found.get("podium") or {})}.items():
        say(f"{field}: {value}")


def price_text(price: dict[str, Any] | None) -> str:
    """US dollars for a million tokens in and out, or for a second; says when nobody named it."""
    if price is None or price["source"] == "none":
        return ""
    if price["gpu_second"]:
        return f"{price['gpu_second']} USD/s"
    told = f"{price['in']}/{price['out']} USD"
    return told if price["known"] else f"unknown, counts as {told}"


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for item in items:
        if item["id"] == name:
            return item
    known = ", ".join(item["id"] for item in items)
    raise NotFound(f"There is no model '{name}'; there are: {known}.", param="NAME")


@models.command("add")
def add_model(
    name: Annotated[str, typer.Argument(help="The id it will have here.")],
    path: Annotated[Path, typer.Option(help="The folder of its weights.")],
    dialect: Annotated[
        Literal["vllm", "transformers", "whisper", "embedder"] | None,
        typer.Option(help="The engine, when the folder does not tell."),
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Its licence, when no file says.")] = None,
    window: Annotated[int | None, typer.Option(min=64, help="Longest context, in tokens.")] = None,
    gpus: Annotated[
        float | None, typer.Option(min=0.0, help="GPUs, or a share of one; 0 for CPU.")
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if memory is short.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the home's row.")] = False,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check a folder of weights and write its catalog row; exits 1 when it does not hold up."""
    options = AddOptions(name, path, dialect, licence, window, gpus)
    found = examine(options, read_machine())
    row = found.row if found.need.fits or anyway else None
    written = write_row(open_home(home_of(home).path), row, replace=replace) if row else None
    if json_:
        emit(found.as_json(written))
    else:
        _show(found, written)
    if written is None:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: Findings, written: Path | None) -> None:
    need = found.need
    say(f"{found.name}: {found.folder.dialect} in {found.folder.path}")
    say(f"licence: {found.licence or 'unknown'}")
    kv = "unknown" if need.kv_bytes is None else f"{need.kv_bytes / GIB:.2f}"
    say(
        f"memory: weights {need.weights_bytes / GIB:.2f} GiB, cache {kv} GiB, in all about "
        f"{need.needed_bytes / GIB:.2f} of {need.available_bytes / GIB:.2f} GiB {need.on.upper()}"
    )
    for problem in found.problems:
        note(f"✗ {problem}")
    for warning in found.warnings:
        note(f"! {warning}")
    if written is None:
        note("Nothing was written.")
        return
    say(f"written: {written}")
    note(
        f"It runs once '{found.name}' stands in `models:` of settings.yaml in the home (or in "
        "PODIUM_MODELS), after `podium down` and `podium up`."
    )
