"""`podium policy network`: the cluster's network policies, made from the policy file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml

from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.policy_source import workplace
from deployments.config_check import settings_in_file
from deployments.served_outside import served_outside
from router.network_policy import Manifest, cilium_policies, network_policies

HEAD = """\
# Made by `podium policy network` from the policy file; change that, then run it again.
"""


class Dialect(StrEnum):
    """What the cluster's network understands."""

    KUBERNETES = "kubernetes"
    CILIUM = "cilium"


def network(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A policy file; by default the policy in force."),
    ] = None,
    dialect: Annotated[
        Dialect, typer.Option(help="cilium narrows the way out to the providers' host names.")
    ] = Dialect.KUBERNETES,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A serve_config.yaml; by default all rows may be asked."),
    ] = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Print the Kubernetes network policies that say what the policy says.

    Everything is closed but Podium's own pods to each other, DNS, clients to the API, and from the
    gate's pods alone the providers that the policy clears for some data.
    """
    at = workplace(home)
    make = cilium_policies if dialect is Dialect.CILIUM else network_policies
    cards = at.catalog if config is None else served_outside(settings_in_file(config), at.catalog)
    made = make(at.policy(file), cards)
    if json_:
        emit(made)
    else:
        say(HEAD + as_yaml(made))


def as_yaml(manifests: list[Manifest]) -> str:
    """The manifests as one YAML stream."""
    return yaml.safe_dump_all(manifests, sort_keys=False, width=96, explicit_start=True).rstrip()
