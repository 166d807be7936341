"""Snapshots of indexes: a cache on disk that is used only when it is provably the right one.

A snapshot is `<generation>-<mark>.faiss` and a manifest naming it; both are written to a
temporary file, synced and renamed, the manifest last. Whatever a crash leaves behind either
verifies or is thrown away and built again from SQL.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from models.errors import Unavailable
from retrieval.boundary import Boundary, no_boundary
from retrieval.collection import Collection

MANIFEST = "manifest.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Manifest:
    file: str
    sha256: str
    generation: int
    mark: str
    identity: str
    chunker: int


class Snapshots:
    """One folder a collection below `folder`."""

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self._folder = folder
        self._boundary = boundary

    def write(self, collection: Collection, dumped: bytes) -> None:
        """Put `dumped` in place of any older snapshot."""
        folder = self._of(collection.pk)
        folder.mkdir(parents=True, exist_ok=True)
        file = f"{collection.generation}-{collection.mark}.faiss"
        manifest = _manifest(collection, file, hashlib.sha256(dumped).hexdigest())
        self._place(folder / file, dumped, "data")
        text = json.dumps(asdict(manifest), sort_keys=True)
        self._place(folder / MANIFEST, text.encode(), "manifest")
        self._boundary("snapshot.sweep")
        _sweep(folder, file)
        self._boundary("snapshot.done")

    def read(self, collection: Collection) -> bytes | None:
        """The snapshot of exactly this collection at this moment, or None."""
        folder = self._of(collection.pk)
        try:
            manifest = _Manifest(**json.loads((folder / MANIFEST).read_bytes()))
            dumped = (folder / Path(manifest.file).name).read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            _log.warning("index snapshot unreadable, rebuilding: %s", type(error).__name__)
            return None
        expected = _manifest(collection, manifest.file, hashlib.sha256(dumped).hexdigest())
        if manifest != expected:
            _log.info("index snapshot of collection %d is not current", collection.pk)
            return None
        _sweep(folder, manifest.file)
        return dumped

    def discard(self, collection_pk: int) -> None:
        """Remove the collection's snapshot, the manifest first."""
        folder = self._of(collection_pk)
        if not folder.is_dir():
            return
        try:
            self._boundary("snapshot.discard")
            (folder / MANIFEST).unlink(missing_ok=True)
            _sync_folder(folder)
            self._boundary("snapshot.discard_data")
            shutil.rmtree(folder)
            _sync_folder(self._folder)
        except OSError as error:
            raise Unavailable(
                "What was deleted is gone from search, but its old index file could not be "
                f"removed ({error.strerror}): check Podium's home, then delete again."
            ) from error

    def keep_only(self, collection_pks: frozenset[int]) -> None:
        """Remove the snapshots of collections that are gone."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name.isdigit() and int(folder.name) not in collection_pks:
                    self.discard(int(folder.name))

    def _of(self, collection_pk: int) -> Path:
        return self._folder / str(collection_pk)

    def _place(self, path: Path, content: bytes, what: str) -> None:
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        self._boundary(f"snapshot.{what}.write")
        with temporary.open("wb") as file:
            half = len(content) // 2
            file.write(content[:half])
            file.flush()
            self._boundary(f"snapshot.{what}.half")
            file.write(content[half:])
            file.flush()
            self._boundary(f"snapshot.{what}.sync")
            os.fsync(file.fileno())
        self._boundary(f"snapshot.{what}.rename")
        temporary.replace(path)
        self._boundary(f"snapshot.{what}.renamed")
        _sync_folder(path.parent)


def _manifest(collection: Collection, file: str, sha256: str) -> _Manifest:
    identity = json.dumps(asdict(collection.identity), sort_keys=True)
    return _Manifest(
        file, sha256, collection.generation, collection.mark, identity, collection.chunker
    )


def _sweep(folder: Path, file: str) -> None:
    """Remove older data and what a crash left."""
    for old in folder.iterdir():
        if old.name not in (file, MANIFEST):
            old.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
