"""`podium config`: the settings in force, their schema, and whether all files hold up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.target import home_of
from deployments.settings import Settings, load_settings

config = typer.Typer(no_args_is_help=True, help="Show and check the configuration.")

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="A set of settings: embedded, cpu, gpu.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="As if given by a flag: gateway.replicas=2."),
]


@config.command("show")
def show_config(
    profile: ProfileOption = None,
    set_: SetOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show the settings in force: flag over PODIUM_* over the home's file over the profile."""
    found = _settings(profile, set_, home).model_dump(mode="json")
    if json_:
        emit(found)
    else:
        say(yaml.safe_dump(found, sort_keys=False, allow_unicode=True).rstrip())


@config.command("schema")
def show_schema(json_: JsonOption = False, home: HomeOption = None) -> None:
    """Print the JSON schema of the settings; the same with and without --json."""
    emit(Settings.model_json_schema())


@config.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A settings or serve_config file.")
    ] = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check settings, catalog, policy, prompts and pipelines; exits 2 naming what is wrong."""
    from deployments.config_check import check_config, settings_in_file

    settings = settings_in_file(file) if file else _settings(profile, set_, home)
    found = check_config(settings, home_of(home))
    if json_:
        emit({"ok": True, **found})
        return
    for kind, names in found.items():
        say(f"{kind}: {', '.join(names) if isinstance(names, list) else names}")
    say("ok")


def _settings(profile: str | None, pairs: list[str] | None, home: Path | None) -> Settings:
    flags: dict[str, Any] = {"profile": profile}
    variables = dict(os.environ)
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"--set takes key=value, not '{pair}'")
        variables[f"PODIUM_{name.replace('.', '__').upper()}"] = value
    return load_settings(flags, variables, home_of(home).settings)
