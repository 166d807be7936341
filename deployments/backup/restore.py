"""Makes a home of a copy: checked and migrated beside the old one, then put in its place."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from deployments.backup.archive import Archive
from deployments.backup.manifest import Manifest
from deployments.backup.progress import Progress
from deployments.home import HOME_VERSION, Home
from deployments.home_lock import lock_home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from deployments.private_file import PRIVATE_FOLDER, sync_folder
from models.errors import SetupError
from router.ledger.acts import home_restored
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import Verdict, verify

# More than a copy grows by migration and by the first records of a start.
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """`kept` is where the old home lies now; `ledger` what the copy's ledger was worth, None
    where it lies in PostgreSQL or there was none.
    """

    home: Home
    manifest: Manifest
    kept: Path | None
    ledger: Verdict | None


def restore(
    archive: Archive, path: Path, *, force: bool, now: float, progress: Progress
) -> Restored:
    """Put the home of `archive` at `path`; nothing there changes before all of it is checked.

    With `force` a home that is there is kept beside. Raises SetupError: a newer home, a home in
    use or in the way, a damaged copy, no room.
    """
    target = path.resolve()
    check_version(archive.manifest)
    _check_place(target, force)
    progress.total(archive.manifest.bytes)
    with _in_peace(target), _staged(target) as staged:
        _check_room(staged, archive.manifest)
        try:
            archive.unpack(staged, progress.advance)
        except OSError as error:
            raise _unwritable(target, error) from error
        verdict = _ready(Home(staged), archive.manifest, now)
        kept = _swap(staged, target, now)
    return Restored(Home(target), archive.manifest, kept, verdict)


def check_version(manifest: Manifest) -> None:
    """Raises SetupError for a copy of a home that is newer than this Podium."""
    if manifest.home_version > HOME_VERSION:
        raise SetupError(
            f"The copy is of a home of version {manifest.home_version} and this Podium knows"
            f" {HOME_VERSION}. Install the Podium that wrote it or a newer one.",
            param="FILE",
        )


def _check_place(target: Path, force: bool) -> None:
    if target.exists() and not target.is_dir():
        raise SetupError(f"{target} is no folder; name another with --home.", param="home")
    if target.is_dir() and any(target.iterdir()) and not force:
        raise SetupError(
            f"{target} is not empty. Name another folder with --home; or with --force what lies"
            " there is kept beside it, and the copy takes its place.",
            param="home",
        )
    if os.path.ismount(target):
        raise SetupError(
            f"{target} is where a disk is mounted and can't be renamed. Restore to a folder on"
            " that disk with --home, and start Podium with it.",
            param="home",
        )


@contextmanager
def _in_peace(target: Path) -> Iterator[None]:
    """No Podium runs or starts on what lies there."""
    used = target.is_dir() and any(target.iterdir())
    with lock_home(Home(target)) if used else nullcontext():
        yield


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, gone afterwards unless it took its place."""
    staged = target.with_name(f".{target.name}.restoring-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.mkdir(mode=PRIVATE_FOLDER)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _check_room(staged: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(staged).free
    if manifest.bytes + _SPARE > free:
        raise SetupError(
            f"The copy unpacks to {manifest.bytes >> 20} MiB and {staged.parent} has"
            f" {free >> 20} MiB free. Free some space, or name another folder with --home.",
            param="home",
        )


def _ready(home: Home, manifest: Manifest, now: float) -> Verdict | None:
    """Migrate what was unpacked, and write into its ledger that it was restored."""
    open_home(home.path)
    # Of the state before a migration, which is the archive itself.
    shutil.rmtree(home.backups, ignore_errors=True)
    if not home.ledger.is_file():
        return None
    secret = home.secret_file.read_bytes() if home.secret_file.is_file() else None
    verdict = verify(SqliteSource(home.ledger), secret, None)
    if verdict.ok and secret is not None:
        with closing(open_ledger(home)) as ledger:
            ledger.note(home_restored(manifest.made, now))
    return verdict


def _swap(staged: Path, target: Path, now: float) -> Path | None:
    kept = None
    try:
        if target.is_dir() and any(target.iterdir()):
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
            kept = target.with_name(f"{target.name}.before-{stamp}-{secrets.token_hex(2)}")
            target.rename(kept)
        staged.rename(target)
    except OSError as error:
        if kept is not None and not target.exists() and kept.exists():
            kept.rename(target)
        raise _unwritable(target, error) from error
    sync_folder(target.parent)
    return kept


def _unwritable(target: Path, error: OSError) -> SetupError:
    return SetupError(
        f"The home can't be put at {target}: {error.strerror or error}. Name another folder with"
        " --home; what was there is as it was.",
        param="home",
    )
