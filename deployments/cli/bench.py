"""`podium bench`: measurements, which live in the source tree and not in the wheel."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from deployments.cli.options import HomeOption
from models.errors import NotFound, SetupError

KINDS = ("report", "chat", "retrieval", "search", "speech")


def bench(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"What to measure: {', '.join(KINDS)}.")],
    home: HomeOption = None,
) -> None:
    """Measure, in a clone of the source; what follows KIND goes to the measurement itself."""
    check_measurement(kind)
    environment = dict(os.environ) | ({"PODIUM_HOME": str(home.absolute())} if home else {})
    words = [sys.executable, "-m", f"bench.{kind}", *context.args]
    # In this process's place: a signal then reaches the measurement, which stops its servers.
    os.execve(sys.executable, words, environment)  # noqa: S606 - no shell is wanted


def check_measurement(kind: str, package: str = "bench") -> None:
    """Raise NotFound for an unknown measurement, SetupError where none are installed."""
    if kind not in KINDS:
        raise NotFound(f"There is no measurement '{kind}'; say {' or '.join(KINDS)}.", param="KIND")
    try:
        found = find_spec(f"{package}.{kind}")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise SetupError(
            f"The measurement '{kind}' is not part of the installed package. Run this in a clone "
            "of Podium's source, where the folder bench/ is.",
            param="KIND",
        )
