"""Checks a folder of weights and writes its catalog row into a home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deployments.home import Home
from deployments.onboarding.folder import CHAT_ENGINES, LocalDialect, WeightsFolder, read_folder
from deployments.onboarding.licence import licence_of
from deployments.onboarding.machine import Machine
from deployments.onboarding.memory import GIB, MemoryNeed, memory_need, window_of
from deployments.onboarding.row import catalog_row
from deployments.private_file import write_private
from models.catalog import ModelCard, read_rows
from models.errors import Conflict, InvalidRequest
from models.strict_yaml import parse
from models.weights import digest_of

# One GPU carries the chat model and the speech model side by side.
DEFAULT_GPU_SHARE = {"vllm": 0.8, "transformers": 0.8, "whisper": 0.2, "embedder": 0.0}


@dataclass(frozen=True, slots=True)
class AddOptions:
    """What the operator says about the model; None leaves it to what is found.

    `gpus` below 1 is a share of one GPU, from 1 on a whole number of them, 0 none.
    """

    name: str
    path: Path
    dialect: LocalDialect | None = None
    licence: str | None = None
    window: int | None = None
    gpus: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; `row` is None while something is missing."""

    name: str
    folder: WeightsFolder
    need: MemoryNeed
    licence: str | None
    row: dict[str, Any] | None = field(default=None)

    @property
    def problems(self) -> tuple[str, ...]:
        """What stands against writing the row."""
        return (*(f"missing: {what}" for what in self.folder.missing), *_too_large(self.need))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the operator should know."""
        return tuple(_warnings(self))

    def as_json(self, written: Path | None) -> dict[str, Any]:
        """The document that `podium models add --json` prints."""
        return {
            "id": self.name,
            "dialect": self.folder.dialect,
            "path": str(self.folder.path),
            "missing": list(self.folder.missing),
            "problems": list(self.problems),
            "warnings": list(self.warnings),
            "licence": self.licence,
            "memory": {**asdict(self.need), "fits": self.need.fits},
            "row": self.row,
            "written": str(written) if written else None,
        }


def examine(options: AddOptions, machine: Machine) -> Findings:
    """Read the folder, weigh it against the machine, and draw up the row; writes nothing.

    The digest reads every byte, so it is taken only when nothing is missing.
    """
    folder = read_folder(options.path.expanduser().absolute(), options.dialect)
    gpus = _gpus(options, folder, machine)
    window = _window(options, folder)
    need = memory_need(folder, window, machine, gpus)
    licence = options.licence or licence_of(folder.path)
    if folder.missing:
        return Findings(options.name, folder, need, licence)
    row = catalog_row(
        options.name,
        folder,
        need,
        window=window,
        gpus=gpus,
        licence=licence,
        digest=digest_of(folder.path),
    )
    parse(ModelCard, row, options.name)
    return Findings(options.name, folder, need, licence, row)


def write_row(home: Home, row: dict[str, Any], *, replace: bool = False) -> Path:
    """Write the row as a file of its own; Conflict when the home has that model already."""
    path = home.catalog / f"{row['id']}.yaml"
    if path.exists() and not replace:
        raise Conflict(
            f"The home has a model '{row['id']}' already ({path}). Use --replace, or another name.",
            param="NAME",
        )
    text = yaml.safe_dump([row], sort_keys=False, allow_unicode=True)
    write_private(path, text.encode())
    read_rows(path)
    return path


def _gpus(options: AddOptions, folder: WeightsFolder, machine: Machine) -> float:
    if options.gpus is None:
        return DEFAULT_GPU_SHARE[folder.dialect] if machine.gpus else 0.0
    if options.gpus > 1 and options.gpus != int(options.gpus):
        raise InvalidRequest("--gpus is a share below 1 or a whole number.", param="--gpus")
    return options.gpus


def _window(options: AddOptions, folder: WeightsFolder) -> int | None:
    if folder.dialect not in CHAT_ENGINES:
        return None
    own = window_of(folder.config)
    if options.window is not None and own is not None and options.window > own:
        raise InvalidRequest(f"The model's window has {own} tokens.", param="--window")
    return options.window or own


def _too_large(need: MemoryNeed) -> Iterator[str]:
    if need.fits:
        return
    hint = f" With --window {need.fitting_window} it would." if need.fitting_window else ""
    yield (
        f"memory: about {need.needed_bytes / GIB:.1f} GiB are needed and "
        f"{need.available_bytes / GIB:.1f} GiB of {need.on.upper()} are there, so it does not fit."
        f"{hint} For another machine, use --anyway."
    )


def _warnings(found: Findings) -> Iterator[str]:
    if found.licence is None:
        yield "No licence file or model card is there; name the licence with --licence."
    if found.need.kv_bytes is None:
        yield "The config does not tell the size of the key-value cache; it was not counted."
