"""`podium policy apply`: put a policy where the instance looks for it, and see it in force."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from deployments.cli.output import emit, note, say
from deployments.cli.policy_source import policy_of, workplace
from deployments.cli.server import Server
from deployments.cli.target import find_target, home_of
from deployments.open_home import open_home
from deployments.policy_in_force import policy_place, read_text
from deployments.private_file import write_private
from deployments.run_file import read_running
from models.errors import DeadlineExceeded, InvalidConfig, SetupError
from router.policy_catalog import check_catalog
from router.policy_change import check_change

_PATIENCE_S = 20.0
_PERIOD_S = 0.3


def apply_policy(
    file: Path, *, json_: bool, url: str | None, key: str | None, home: Path | None
) -> None:
    """Check the file, replace the one in force by it, and wait until what runs has taken it."""
    at = workplace(home)
    new = policy_of(file)
    check_catalog(new, at.catalog, file.name)
    found = check_change(at.in_force(), new, at.catalog, file.name)
    running = read_running(home_of(home)) is not None
    status = _status(url, key, home) if running else None
    place = Path(status["file"]) if status else policy_place(at.settings).file
    if place.absolute() != file.absolute():
        open_home(home_of(home).path)
        _write(place, read_text(file))
    if running:
        _wait(new.digest, url, key, home)
    if json_:
        emit({"ok": True, "digest": new.digest, "file": str(place), "running": running,
              "widening": list(found.widening), "narrowing": list(found.narrowing)})  # fmt: skip
        return
    for sentence in (*found.widening, *found.narrowing):
        note(f"- {sentence}")
    say(f"{new.digest} is in force" if running else f"{new.digest} is in force from the next start")


def _write(place: Path, text: bytes) -> None:
    try:
        write_private(place, text)
    except OSError as error:
        raise SetupError(
            f"{place} can't be written: {error.strerror}. Where a deployment mounts the policy,"
            " change it there.",
            param="FILE",
        ) from error


def _wait(digest: str, url: str | None, key: str | None, home: Path | None) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        status = _status(url, key, home)
        if status["digest"] == digest:
            return
        if status["refused"] is not None and status["refused_digest"] == digest:
            raise InvalidConfig(f"Podium refused it: {status['refused']}", param="FILE")
        time.sleep(_PERIOD_S)
    raise DeadlineExceeded(
        f"The file lies where Podium looks, and was not taken within {_PATIENCE_S:.0f} s; see"
        " `podium doctor`."
    )


def _status(url: str | None, key: str | None, home: Path | None) -> dict[str, Any]:
    with Server(find_target(url, key, home)) as server:
        found: dict[str, Any] = server.get("/v1/status")["policy"]
    return found
