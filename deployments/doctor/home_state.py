"""Checks of the home: who may read it, its version, and room on its disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from deployments.doctor.finding import Finding, Patient, fail, ok, warn
from deployments.home import HOME_VERSION
from deployments.open_home import home_version

GIB = 1 << 30
_LEAST_FREE = GIB // 2
_WANTED_FREE = 2 * GIB
_SECRETS = ("key_secret", "first_key", "state.sqlite", "run.json")


def check_home(patient: Patient) -> Iterator[Finding]:
    """Owner, mode and version of the home and of the secrets in it."""
    home = patient.home
    if not home.path.is_dir():
        yield ok("home", f"{home.path} is not made yet; `podium up` makes it")
        return
    yield _private("home", home.path)
    for name in _SECRETS:
        if (home.path / name).exists():
            yield _private("home", home.path / name)
    found = home_version(home)
    if found is not None and found > HOME_VERSION:
        yield fail(
            "home",
            f"{home.path} has version {found}, this Podium knows {HOME_VERSION}",
            "Install the Podium that wrote it, or a newer one.",
        )


def _private(name: str, path: Path) -> Finding:
    facts = path.stat()
    mode = stat.S_IMODE(facts.st_mode)
    if facts.st_uid != os.geteuid():
        return fail(name, f"{path} belongs to user {facts.st_uid}", f"chown {os.geteuid()} {path}")
    if mode & 0o077:
        return fail(name, f"{path} is open to others (mode {mode:04o})", f"chmod go= {path}")
    return ok(name, f"{path} is private (mode {mode:04o})")


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Room where the home is."""
    place = next(p for p in (patient.home.path, *patient.home.path.parents) if p.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / GIB:.1f} GiB free at {place}"
    fix = f"Free some space at {place}, or put the home elsewhere with --home."
    if free < _LEAST_FREE:
        yield fail("disk", detail, fix)
    elif free < _WANTED_FREE:
        yield warn("disk", detail, fix)
    else:
        yield ok("disk", detail)
