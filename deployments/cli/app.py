"""The command line: which commands there are."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from deployments.cli.approvals import approvals
from deployments.cli.ask import ask
from deployments.cli.audit import audit
from deployments.cli.backup import backup, restore
from deployments.cli.bench import bench
from deployments.cli.chaos import chaos
from deployments.cli.cluster import cluster
from deployments.cli.config import config
from deployments.cli.costs import costs
from deployments.cli.demo import demo
from deployments.cli.doctor import doctor
from deployments.cli.documents import documents
from deployments.cli.ingest import ingest
from deployments.cli.instance import down, up
from deployments.cli.keys import keys
from deployments.cli.model_commands import models
from deployments.cli.output import say
from deployments.cli.pictures import pictures
from deployments.cli.pipelines import pipelines
from deployments.cli.policy import policy
from deployments.cli.run import run
from deployments.cli.search import search
from deployments.cli.simulate import simulate
from deployments.cli.status import status
from deployments.cli.stub import stub
from deployments.cli.talk import talk
from deployments.cli.tune import tune_

app = typer.Typer(
    name="podium",
    help="Serve local models and pipelines of them; your data stays home.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(podium_version())
        raise typer.Exit


def podium_version() -> str:
    """The version of the installed distribution, "unknown" in a bare source tree."""
    try:
        return version("podium")
    except PackageNotFoundError:
        return "unknown"


@app.callback()
def _podium(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    return None


app.command()(up)
app.command()(down)
app.command()(demo)
app.command()(ask)
app.command()(run)
app.command()(talk)
app.command()(ingest)
app.command()(search)
app.command("tune")(tune_)
app.add_typer(documents, name="documents")
app.add_typer(pictures, name="pictures")
app.add_typer(models, name="models")
app.add_typer(keys, name="keys")
app.add_typer(pipelines, name="pipelines")
app.command()(costs)
app.add_typer(approvals, name="approvals")
app.command()(status)
app.command()(doctor)
app.command()(chaos)
app.command()(backup)
app.command()(restore)
app.command()(stub)
app.command()(simulate)
app.add_typer(cluster, name="cluster")
app.add_typer(config, name="config")
app.add_typer(policy, name="policy")
app.add_typer(audit, name="audit")
# What stands after KIND is the measurement's own, `--help` and `--json` among it.
app.command(context_settings={"allow_extra_args": True, "allow_interspersed_args": False})(bench)
