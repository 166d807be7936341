"""Makes a copy of a home in one file, while Podium runs on it or not."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deployments.backup.contents import Content, contents
from deployments.backup.database_copy import copy_database
from deployments.backup.elsewhere import elsewhere
from deployments.backup.manifest import FOLDER, MANIFEST, Entry, Head, Manifest
from deployments.backup.progress import Progress
from deployments.home import HOME_VERSION, Home
from deployments.open_home import home_version, newer_home
from deployments.private_file import PRIVATE_FILE, sync_folder
from models.errors import SetupError
from router.ledger_reader.source import Unreadable
from router.ledger_reader.sqlite_source import SqliteSource

CHUNK = 1 << 20
# Texts and indexes shrink well at the first step, and hardly more at the others.
_LEVEL = 1


def back_up(
    home: Home,
    file: Path,
    *,
    now: float,
    environ: Mapping[str, str],
    progress: Progress,
    replace: bool = False,
) -> Manifest:
    """Write the copy to `file`, mode 0600, whole or not at all; what is in it.

    Raises SetupError: no home, one of a newer Podium, a file that is there already, a damaged
    database, no room.
    """
    version = _version(home)
    _check_target(home, file, replace)
    found = contents(home)
    progress.total(sum(one.bytes for one in found))
    try:
        with _fresh(file) as (opened, scratch), _zip(opened) as archive:
            writer = _Writer(archive, scratch, progress.advance)
            files = {one.name: entry for one in found if (entry := writer.add(one)) is not None}
            manifest = Manifest(
                home_version=version,
                made=now,
                ledger_head=writer.head,
                elsewhere=elsewhere(home, environ),
                files=files,
            )
            archive.writestr(_info(MANIFEST), manifest.model_dump_json().encode())
    except OSError as error:
        raise SetupError(
            f"The copy can't be written to {file}: {error.strerror or error}. Free some space"
            " there, or name another place.",
            param="FILE",
        ) from error
    return manifest


def _version(home: Home) -> int:
    version = home_version(home)
    if version is None:
        raise SetupError(
            f"There is no Podium home at {home.path}. Name it with --home.", param="home"
        )
    if version > HOME_VERSION:
        raise newer_home(home, version, HOME_VERSION)
    return version


def _check_target(home: Home, file: Path, replace: bool) -> None:
    if not file.parent.is_dir():
        raise SetupError(f"{file.parent} is no folder; make it first.", param="FILE")
    if file.is_dir():
        raise SetupError(f"{file} is a folder; name a file in it.", param="FILE")
    if file.exists() and not replace:
        raise SetupError(
            f"{file} is there already; name another file, or use --replace.", param="FILE"
        )
    inside = file.parent.resolve()
    if inside.is_relative_to(home.path.resolve()) and not inside.is_relative_to(
        home.backups.resolve()
    ):
        raise SetupError(
            f"{file} lies in the home that is copied; name a place outside it, best on another"
            " disk.",
            param="FILE",
        )


@contextmanager
def _fresh(file: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file that takes the place of `file` once it is whole, and a folder for copies."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    scratch = Path(tempfile.mkdtemp(prefix=f"{fresh.name}.", dir=file.parent))
    try:
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(handle, "w+b") as opened:
            yield opened, scratch
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(fresh, file)
        sync_folder(file.parent)
    finally:
        fresh.unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)


def _zip(opened: IO[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(
        opened, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL, strict_timestamps=False
    )


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = PRIVATE_FILE << 16
    return info


class _Writer:
    """Puts one file after the other into the archive; a database by way of `scratch`."""

    def __init__(
        self, archive: zipfile.ZipFile, scratch: Path, advance: Callable[[int], None]
    ) -> None:
        self.head: Head | None = None
        self._archive = archive
        self._scratch = scratch
        self._advance = advance

    def add(self, content: Content) -> Entry | None:
        """What was written; None for a plain file that went since it was listed."""
        if content.database:
            return self._add_database(content)
        try:
            with content.path.open("rb") as file:
                return self._write(content.name, file, self._advance)
        except FileNotFoundError:
            return None

    def _add_database(self, content: Content) -> Entry:
        copy = self._scratch / "copy.sqlite"
        copy_database(content.path, copy, self._advance)
        if content.name == "ledger.sqlite":
            self.head = _head(copy)
        with copy.open("rb") as file:
            entry = self._write(content.name, file, _silent)
        copy.unlink()
        return entry

    def _write(self, name: str, file: IO[bytes], advance: Callable[[int], None]) -> Entry:
        digest, count = hashlib.sha256(), 0
        with self._archive.open(_info(f"{FOLDER}/{name}"), "w", force_zip64=True) as member:
            while piece := file.read(CHUNK):
                member.write(piece)
                digest.update(piece)
                count += len(piece)
                advance(len(piece))
        return Entry(sha256=digest.hexdigest(), bytes=count)


def _silent(_bytes: int) -> None:
    return None


def _head(ledger: Path) -> Head | None:
    """A ledger that tells none is copied as it is: `podium audit verify` names its fault."""
    try:
        with SqliteSource(ledger).open() as snapshot:
            row = snapshot.head()
        return None if row is None else Head(seq=row.seq, hash=row.hash)
    except (Unreadable, ValueError):
        return None
