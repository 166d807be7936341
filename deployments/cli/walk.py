"""Finds the files below a folder that can be ingested."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import InvalidDocument, InvalidRequest
from retrieval.parsing import SUFFIXES, media_type_of


@dataclass(frozen=True, slots=True)
class Source:
    """A file to ingest; `id` is its path below the folder, with forward slashes."""

    path: Path
    id: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What there is: the files to ingest and, with the reason, those left out, by id."""

    sources: tuple[Source, ...]
    skipped: tuple[tuple[str, str], ...]


def walk(root: Path) -> Walk:
    """The files below `root` in the order of their ids; a single file is its own folder."""
    if root.is_file():
        return _sorted(root.parent, [root])
    if not root.is_dir():
        raise InvalidRequest(f"There is no folder {root} to ingest.", param="DIR")
    return _sorted(root, _files(root))


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        for name in [name for name in folders if _hidden(name)]:
            folders.remove(name)
            yield Path(folder, name)
        yield from (Path(folder, name) for name in names)


def _sorted(root: Path, paths: list[Path] | Iterator[Path]) -> Walk:
    sources, skipped = [], []
    for path in sorted(paths):
        id_ = path.relative_to(root).as_posix()
        why = _why_not(root, path)
        if why is None:
            sources.append(Source(path, id_, media_type_of(path.name)))
        else:
            skipped.append((id_, why))
    return Walk(tuple(sources), tuple(skipped))


def _why_not(root: Path, path: Path) -> str | None:
    if _hidden(path.name):
        return "hidden"
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        return "a link that leads outside the folder"
    if not path.is_file():
        return "not a file"
    try:
        media_type_of(path.name)
    except InvalidDocument:
        return f"not a kind that can be ingested ({', '.join(SUFFIXES)})"
    return None


def _hidden(name: str) -> bool:
    return name.startswith(".")
