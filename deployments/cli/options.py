"""The options that many commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="PODIUM_BASE_URL",
        metavar="URL",
        help="Root of the server, without /v1; by default the one that runs on the home.",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="PODIUM_API_KEY",
        metavar="KEY",
        help="API key; by default the home's first key.",
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="PODIUM_HOME",
        metavar="DIR",
        help="Podium's folder; by default podium under $XDG_STATE_HOME.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout", min=0.001, metavar="SECONDS", help="Give up after this long a silence."
    ),
]
CollectionOption = Annotated[
    str, typer.Option("--collection", "-c", metavar="NAME", help="The collection of documents.")
]

DEFAULT_TIMEOUT = 300.0
DEFAULT_COLLECTION = "kb"
