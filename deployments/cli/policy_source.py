"""Which policy and which models a `podium policy` command is about; needs no server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from deployments.catalog_files import read_catalog
from deployments.cli.output import note
from deployments.cli.target import home_of
from deployments.policy_in_force import policy_place, read_policy, read_text
from deployments.settings import Settings, load_settings
from models.catalog import Catalog
from router.policy import Policy
from router.policy_file import load_policy

PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy", metavar="FILE", help="A policy file; by default the one in force on the home."
    ),
]


@dataclass(frozen=True, slots=True)
class Workplace:
    """The settings, the catalog and the policy in force on a home."""

    settings: Settings
    catalog: Catalog

    def in_force(self) -> Policy:
        """The policy accepted last on the home, else the one it would start with."""
        return policy_place(self.settings).earlier() or read_policy(self.settings)

    def policy(self, file: Path | None) -> Policy:
        """The policy of a file, or without one the policy in force."""
        return self.in_force() if file is None else policy_of(file)


def workplace(home: Path | None) -> Workplace:
    """The one of a home, there or not."""
    found = home_of(home)
    settings = load_settings({}, os.environ, found.settings)
    settings = settings.model_copy(update={"home": str(found.path)})
    return Workplace(settings, read_catalog(settings, str(found.path)))


def policy_of(file: Path) -> Policy:
    """The policy in a file; raises InvalidConfig naming the field at fault."""
    return load_policy(read_text(file), file.name)


def warn_of_source(policy: Policy, source: str | None) -> None:
    """Say so when the policy has no such source: a name mistyped reads as the highest there is."""
    if source is not None and source not in policy.sources:
        note(
            f"The policy has no source '{source}', so it counts as the highest; it has:"
            f" {', '.join(sorted(policy.sources))}."
        )
