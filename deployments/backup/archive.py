"""Reads a copy of a home; believes nothing in it before it was checked."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from deployments.backup.manifest import FOLDER, MANIFEST, Entry, Manifest
from deployments.private_file import PRIVATE_FILE, PRIVATE_FOLDER
from models.errors import SetupError

_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
_ENCRYPTED = 1
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile makes of bytes that are no archive; OSError is a seek to where no file goes.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(OSError, ValueError, struct.error),
)

Advance = Callable[[int], None]


class Archive:
    """An opened copy whose list of files is just what its manifest says."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self._file = file
        self._archive = archive
        self.manifest = self._manifest()
        self._check_members()

    def check(self, advance: Advance) -> None:
        """Read every file and compare its digest; raises SetupError naming the first at fault."""
        for name, entry in self.manifest.files.items():
            self._read(name, entry, _nowhere, advance)

    def unpack(self, folder: Path, advance: Advance) -> None:
        """The same, written below `folder`, which is empty; readable for their owner alone."""
        for name, entry in self.manifest.files.items():
            target = folder / name
            for parent in reversed(target.relative_to(folder).parents[:-1]):
                (folder / parent).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(target, flags, PRIVATE_FILE), "wb") as file:
                self._read(name, entry, file.write, advance)
                file.flush()
                os.fsync(file.fileno())

    def _manifest(self) -> Manifest:
        try:
            info = self._archive.getinfo(MANIFEST)
        except KeyError as error:
            raise self._bad("it has no manifest") from error
        if info.file_size > _LARGEST_MANIFEST or not _is_plain_member(info):
            raise self._bad("its manifest is too large")
        try:
            with self._archive.open(info) as member:
                text = member.read(_LARGEST_MANIFEST + 1)
            return Manifest.model_validate_json(text)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"][:1])
            raise self._bad(f"its manifest is not valid at {place or 'its beginning'}") from error
        except _BROKEN as error:
            raise self._bad("its manifest can't be read") from error

    def _check_members(self) -> None:
        wanted = {f"{FOLDER}/{name}": one.bytes for name, one in self.manifest.files.items()}
        members = [info for info in self._archive.infolist() if info.filename != MANIFEST]
        if len(members) + 1 != len(self._archive.infolist()):
            raise self._bad("it has more than one manifest")
        if sorted(info.filename for info in members) != sorted(wanted):
            raise self._bad("its files are not those of its manifest")
        for info in members:
            if info.file_size != wanted[info.filename] or not _is_plain_member(info):
                raise self._bad(f"{info.filename} is not as its manifest says")

    def _read(
        self, name: str, entry: Entry, write: Callable[[bytes], object], advance: Advance
    ) -> None:
        digest, count = hashlib.sha256(), 0
        for piece in self._pieces(name):
            digest.update(piece)
            count += len(piece)
            write(piece)
            advance(len(piece))
        if count != entry.bytes or digest.hexdigest() != entry.sha256:
            raise self._bad(f"{name} has another digest than its manifest says")

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(f"{FOLDER}/{name}") as member:
                while piece := member.read(_CHUNK):
                    yield piece
        except _BROKEN as error:
            raise self._bad(f"{name} can't be read") from error

    def _bad(self, why: str) -> SetupError:
        return SetupError(
            f"{self._file} is no whole copy of a home: {why}. Use another copy.", param="FILE"
        )


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """The copy in `file`; raises SetupError when it is none."""
    try:
        opened = zipfile.ZipFile(file)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise SetupError(f"{file} can't be read: {error.strerror}.", param="FILE") from error
    except _BROKEN as error:
        raise SetupError(
            f"{file} is no copy of a home, or was cut off. Use another copy.", param="FILE"
        ) from error
    with opened:
        yield Archive(file, opened)


def _is_plain_member(info: zipfile.ZipInfo) -> bool:
    """A file, packed as we pack; no link or device whatever another system would make of it."""
    kind = info.external_attr >> 28
    return (
        info.compress_type in _PACKED
        and not info.flag_bits & _ENCRYPTED
        and not info.is_dir()
        and kind in (0, 0o10)
    )


def _nowhere(_piece: bytes) -> None:
    return None
