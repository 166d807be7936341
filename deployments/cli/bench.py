"""`podium bench`: measurements, which live in the source tree and not in the wheel."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from deployments.cli.options import HomeOption
from models.errors import NotFound, SetupError

KINDS = ("chat", "retrieval")


def bench(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"What to measure: {', '.join(KINDS)}.")],
    home: HomeOption = None,
) -> None:
    """Measure; needs the source tree. What follows KIND goes to the measurement itself."""
    words = [*context.args, *(["--home", str(home)] if home and kind == "chat" else [])]
    code = _measurement(kind).main(words)
    if code:
        raise typer.Exit(int(code))


def _measurement(kind: str):  # type: ignore[no-untyped-def]
    if find_spec("bench") is None:
        raise SetupError(
            "The measurements are not part of the installed package. Run this in a clone of "
            "Podium's source, where the folder bench/ is.",
            param="bench",
        )
    if kind not in KINDS or find_spec(f"bench.{kind}") is None:
        raise NotFound(f"There is no measurement '{kind}': {', '.join(KINDS)}.", param="KIND")
    return import_module(f"bench.{kind}")
