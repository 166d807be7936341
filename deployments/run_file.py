"""`run.json`: how other commands find the Podium that runs on a home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from deployments.home import Home
from deployments.private_file import write_private


@dataclass(frozen=True, slots=True)
class Running:
    """`base_url` is the root without /v1; `started` is seconds since the epoch."""

    pid: int
    base_url: str
    started: float


def write_running(home: Home, running: Running) -> None:
    """Say that this instance answers now."""
    write_private(home.run_file, json.dumps(asdict(running)).encode() + b"\n")


def read_running(home: Home) -> Running | None:
    """What runs on the home, or None: no file, a damaged one, or its process is gone."""
    try:
        found = json.loads(home.run_file.read_bytes())
        running = Running(int(found["pid"]), str(found["base_url"]), float(found["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running if process_lives(running.pid) else None


def remove_running(home: Home) -> None:
    """Forget the instance; fine when nothing was written."""
    home.run_file.unlink(missing_ok=True)


def process_lives(pid: int) -> bool:
    """Whether a process of this number runs, whoever owns it; one that only waits to be reaped
    does not.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
