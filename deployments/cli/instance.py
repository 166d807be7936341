"""`podium up` and `podium down`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, note, say
from deployments.cli.target import home_of
from deployments.home import Home
from deployments.open_home import open_home


def up(
    profile: Annotated[
        str | None, typer.Option(help="A set of settings: embedded, cpu, gpu.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 picks one.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once it answers.")] = False,
    catalog: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A further folder of catalog rows.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="The policy file.")] = None,
    remote: Annotated[
        Literal["off", "stub", "on"] | None, typer.Option(help="Models outside: off by default.")
    ] = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Start Podium; the last line on stdout is `ready base_url=… home=…`."""
    opened = open_home(home_of(home).path)
    flags = {
        "profile": profile,
        "host": host,
        "port": port,
        "catalog": [str(folder.absolute()) for folder in catalog] if catalog else None,
        "policy": str(policy.absolute()) if policy else None,
        "remote": remote,
    }
    if detach:
        _detached(opened, flags, json_)
    else:
        _attached(opened, flags, json_)


def down(json_: JsonOption = False, home: HomeOption = None) -> None:
    """Stop the Podium that runs on the home; nothing to stop is fine."""
    from deployments.down import down as stop

    found = home_of(home)
    pid = stop(found)
    if json_:
        emit({"stopped": pid is not None, "pid": pid, "home": str(found.path)})
    else:
        say(f"stopped pid {pid}" if pid else f"Nothing runs on {found.path}.")


def _attached(home: Home, flags: dict[str, Any], as_json: bool) -> None:
    from deployments.settings import load_settings
    from deployments.up import Ready, Stopped, run, say_to_stderr

    def ready(told: Ready) -> None:
        _tell(told.base_url, home, told.key, os.getpid(), as_json)

    try:
        run(home, load_settings(flags, os.environ, home.settings), say_to_stderr, ready)
    except Stopped as stopped:
        note("stopped")
        if stopped.args == (signal.SIGINT,):
            raise typer.Exit(ExitCode.INTERRUPTED) from stopped


def _detached(home: Home, flags: dict[str, Any], as_json: bool) -> None:
    from deployments.detach import start_detached
    from deployments.settings import load_settings

    load_settings(flags, os.environ, home.settings)
    running = start_detached(home, ["--home", str(home.path), *_words(flags)], note)
    key = home.first_key.read_text(encoding="utf-8").strip() if home.first_key.exists() else None
    _tell(running.base_url, home, key, running.pid, as_json)


def _words(flags: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in flags.items():
        for each in value if isinstance(value, list) else [value]:
            words += [] if each is None else [f"--{name}", str(each)]
    return words


def _tell(base_url: str, home: Home, key: str | None, pid: int, as_json: bool) -> None:
    if as_json:
        emit({"base_url": base_url, "home": str(home.path), "pid": pid, "key": key})
        return
    if key:
        say(f"key {key}")
    say(f"ready base_url={base_url} home={home.path}")
