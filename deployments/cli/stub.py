"""`podium stub`: a provider that is none, for trying remote models without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from deployments.cli.options import JsonOption
from deployments.cli.output import emit, say


def stub(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks one.")] = 0,
    dialect: Annotated[
        Literal["openai", "anthropic", "gemini"],
        typer.Option(help="Whose base URL to print; it speaks all of them."),
    ] = "openai",
    script: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What to answer and how to fail; or `tool-echo`."),
    ] = None,
    capture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append every request here, as JSON lines.")
    ] = None,
    pace: Annotated[
        float | None, typer.Option(min=0.001, metavar="WORDS", help="Words a second.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Serve a provider's API on loopback; the line on stdout is `ready base_url=…`."""
    from deployments.stub.app import Stub
    from deployments.stub.capture import Capture
    from deployments.stub.script import Script, read_script
    from deployments.stub.serve import serve

    def ready(base_url: str) -> None:
        base_url = base_url if dialect == "openai" else base_url.removesuffix("/v1")
        if json_:
            emit({"base_url": base_url, "dialect": dialect})
        else:
            say(f"ready base_url={base_url}")

    told = read_script(script) if script else Script()
    serve(Stub(told, Capture(capture), pace), port, ready)
