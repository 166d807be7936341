"""Opens a home: makes a new one, migrates an older one after a copy, refuses a newer one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deployments.home import HOME_VERSION, Home, make_private
from deployments.home_lock import lock_home
from deployments.private_file import sync_folder, write_private
from models.errors import SetupError

LayoutStep = Callable[[Home], None]
# What changes the folders themselves; key n leads from version n to n + 1. A step must be safe to
# run again after a crash. The database migrates by itself, whatever the version.
LAYOUT_STEPS: Mapping[int, LayoutStep] = {}
# Worth nothing after a restart, or too large to copy and never changed by a migration.
_NOT_COPIED = shutil.ignore_patterns("backups", "logs", "run", "run.json", "up.lock")


def open_home(
    path: Path,
    *,
    version: int = HOME_VERSION,
    steps: Mapping[int, LayoutStep] = LAYOUT_STEPS,
    clock: Callable[[], float] = time.time,
) -> Home:
    """The home at `path`, private and at this version; safe to call on a home in use."""
    home = Home(path.absolute())
    make_private(home.path)
    found = home_version(home)
    if found is None:
        _begin(home, version)
    elif found > version:
        raise newer_home(home, found, version)
    elif found < version:
        _migrate(home, found, version, steps, clock)
    for folder in (home.catalog, home.collections, home.logs, home.run):
        make_private(folder)
    return home


def home_version(home: Home) -> int | None:
    """The version the folder says it has; None when it says nothing."""
    try:
        text = home.version_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise SetupError(
            f"{home.version_file} holds no version. Restore it from a copy of the home.",
            param="home",
        ) from error


def _begin(home: Home, version: int) -> None:
    strangers = sorted(entry.name for entry in home.path.iterdir() if entry.name[0] != ".")
    if strangers:
        raise SetupError(
            f"{home.path} is no Podium home and not empty (it has {strangers[0]!r}). "
            "Choose an empty folder with --home.",
            param="home",
        )
    write_private(home.version_file, f"{version}\n".encode())


def newer_home(home: Home, found: int, version: int) -> SetupError:
    """What to say of a home of version `found` when this Podium knows `version` at most."""
    return SetupError(
        f"The home {home.path} has version {found} and this Podium knows {version}. Install the "
        "Podium that wrote it or a newer one, or choose another folder with --home.",
        param="home",
    )


def _migrate(
    home: Home,
    found: int,
    version: int,
    steps: Mapping[int, LayoutStep],
    clock: Callable[[], float],
) -> None:
    with lock_home(home):
        if home_version(home) != found:
            return  # Another process migrated it while this one waited its turn.
        copy = _copy(home, found, clock())
        try:
            for number in range(found, version):
                steps.get(number, _nothing)(home)
            _upgrade_database(home)
        except Exception as error:
            raise SetupError(
                f"The home {home.path} could not be brought from version {found} to {version} "
                f"({type(error).__name__}). What it held before lies in {copy}.",
                param="home",
            ) from error
        write_private(home.version_file, f"{version}\n".encode())


def _copy(home: Home, found: int, now: float) -> Path:
    make_private(home.backups)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    done = home.backups / f"version-{found}-{stamp}"
    partial = done.with_name(f"{done.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(home.path, partial, symlinks=True, ignore=_NOT_COPIED)
        partial.rename(done)
    except OSError as error:
        raise SetupError(
            f"The home {home.path} must be copied before it is migrated, and the copy failed: "
            f"{error.strerror or error}. Free some space and start again; nothing was changed.",
            param="home",
        ) from error
    sync_folder(home.backups)
    return done


def _upgrade_database(home: Home) -> None:
    if not home.database.exists():
        return
    # Half of what the command line would import, for a thing it hardly ever does.
    from router.store.engine import open_sqlite
    from router.store.migrate import upgrade

    engine = open_sqlite(home.database)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def _nothing(_home: Home) -> None:
    return None
