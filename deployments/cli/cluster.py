"""`podium cluster`: what a node of a Ray cluster needs before Ray starts there."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.options import HomeOption
from deployments.cli.output import note, say
from deployments.cli.target import home_of

cluster = typer.Typer(no_args_is_help=True, help="Prepare the nodes of a Ray cluster.")


@cluster.command("prepare")
def prepare(
    secrets: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A mounted folder with the file key_secret."),
    ] = None,
    providers: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A mounted folder with a file for each provider's key."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="This node keeps the state of that serve_config.yaml."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make or migrate the node's home, and copy in the secrets that are mounted there."""
    from deployments.cluster_home import prepare_home, prepare_state
    from deployments.config_check import settings_in_file

    made = prepare_home(home_of(home).path, secrets, providers, note)
    if state is not None:
        prepare_state(made, settings_in_file(state), note)
    note(f"{made.path} is ready")


@cluster.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A serve_config.yaml.")],
    home: HomeOption = None,
) -> None:
    """Look at a configuration and the running cluster together, before `serve deploy`.

    Files, weights that are on this node, Ray's token, and a node for each placement.
    """
    from deployments.cluster_check import (
        check_auth,
        check_host,
        check_nodes,
        check_silence,
        labels_of,
    )
    from deployments.config_check import check_config, host_in_file, settings_in_file
    from deployments.up import check_models

    settings, at = settings_in_file(file), home_of(home)
    check_auth(os.environ)
    check_silence(settings, os.environ)
    check_config(settings, at)
    check_models(at, settings, note)
    import ray  # After what is refused without it, for it takes a second.

    ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
    try:
        nodes = ray.nodes()
        check_host(host_in_file(file), nodes)
        check_nodes(settings, labels_of(nodes))
    finally:
        ray.shutdown()
    note("ok")


@cluster.command("env")
def env(
    drain: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long a gateway drains.")
    ] = 30.0,
    address: Annotated[
        str | None,
        typer.Option(metavar="IP", help="Where other machines reach this one, if there are any."),
    ] = None,
    token: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The token of the cluster that this machine joins."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Print the variables that Ray must find before it starts on this machine, for a shell.

    Makes a fresh private run folder with a new token; do it once before each start.
    """
    from deployments.cluster_home import joining_token
    from deployments.open_home import open_home
    from deployments.port_block import claim_ports
    from deployments.ray_environment import make_run_folder, ray_environment

    opened = open_home(home_of(home).path)
    folder = make_run_folder(opened, None if token is None else joining_token(token))
    # Ray's dashboard does not ask the clouds where it runs when it finds this file at home.
    (folder.path / "ray_bootstrap_config.yaml").write_text("{}\n")
    variables = ray_environment(opened, folder, claim_ports(), drain_s=drain, address=address)
    for name, value in {**variables, "RUN_FOLDER": str(folder.path)}.items():
        say(f"export {name}={shlex.quote(value)}")
