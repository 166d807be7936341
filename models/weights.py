"""Weights on disk: where a card's path leads, and whether they are the ones it names."""

from __future__ import annotations

import hashlib
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from models.catalog import ModelCard
from models.errors import WeightsError

_BLOCK = 1 << 20


def weights_folder(card: ModelCard) -> Path:
    """The folder of the card's weights; raises WeightsError when there is none."""
    if card.path is None:
        raise WeightsError(f"Model '{card.id}' has no path in the catalog.", param="path")
    folder = _resolve(card)
    if not folder.is_dir():
        raise WeightsError(
            f"The weights of '{card.id}' are missing: its path '{card.path}' is no folder."
            " Put them there, or correct the path in the catalog.",
            param="path",
        )
    return folder


def _resolve(card: ModelCard) -> Path:
    path = card.path or ""
    if not path.startswith("package:"):
        return Path(path).expanduser()
    package, _, rest = path.removeprefix("package:").partition("/")
    try:
        module = import_module(package)
    except ImportError as error:
        raise WeightsError(
            f"Model '{card.id}' needs the package '{package}'; install podium[embedded].",
            param="path",
        ) from error
    constant = getattr(module, rest, None)
    return Path(str(constant)) if constant is not None else Path(str(files(package))) / rest


def digest_of(folder: Path) -> str:
    """The digest of every file below the folder: name, size and content, in name order."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if "__pycache__" in name:
            continue
        whole.update(f"{name}\0{path.stat().st_size}\0".encode())
        whole.update(_file_digest(path))
    return f"sha256:{whole.hexdigest()}"


def check_digest(card: ModelCard, folder: Path) -> str:
    """The folder's digest; raises WeightsError when the card names another."""
    found = digest_of(folder)
    if card.digest is not None and card.digest != found:
        raise WeightsError(
            f"The weights of '{card.id}' are not the ones the catalog names: expected"
            f" {card.digest}, found {found}. Restore the files, or record the new digest.",
            param="digest",
        )
    return found


def _file_digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
