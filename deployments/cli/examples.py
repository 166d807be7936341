"""The examples that ship with Podium: recorded calls for the support pipeline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from models.errors import NotFound, SetupError


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call: who calls, and what is said in it."""

    audio: Path
    customer_id: str
    text: str


def examples_folder() -> Path:
    """The folder of the examples, in an installed wheel or in the source tree."""
    package = Path(str(files("deployments")))
    for folder in (package / "examples", package.parent / "examples"):
        if folder.is_dir():
            return folder
    raise SetupError("The examples are missing from this installation. Install Podium again.")


def example_calls(folder: Path | None = None) -> tuple[Call, ...]:
    """The calls in `calls/calls.jsonl`, in its order."""
    calls = (folder or examples_folder()) / "calls"
    index = calls / "calls.jsonl"
    try:
        rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]
        return tuple(
            Call(calls / row["file"], row["customer_id"], row.get("text", "")) for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"The example calls in {index} are missing or damaged.") from error


def example_of(pipeline: str) -> Call:
    """An example input for a pipeline; NotFound for one that ships without."""
    if pipeline != "support":
        raise NotFound(
            f"No example ships for the pipeline '{pipeline}'. Give it --text, --audio or --input.",
            param="--example",
        )
    calls = example_calls()
    if not calls:
        raise SetupError("The list of example calls is empty. Install Podium again.")
    return calls[0]
