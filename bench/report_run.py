"""Runs one part of the report as a process of its own, and keeps what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from bench.machine import about_machine
from bench.report_parts import ABSENT, Part
from models.errors import SetupError

Status = Literal["measured", "absent", "failed", "not run"]
Note = Callable[[str], None]
ROOT = Path(__file__).parents[1]
# A part stops its servers in order; then it is killed with all that it started.
_STOP_S = 90.0
_TAIL = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """What was measured, and on what kind of machine: figures of another are measured anew."""

    commit: str
    machine: str


@dataclass(frozen=True, slots=True)
class Record:
    """What came of a part; `result` is its document, `reason` why there is none."""

    part: str
    status: Status
    quick: bool
    command: str
    origin: Origin
    date: str = ""
    seconds: float = 0.0
    result: Mapping[str, Any] | None = None
    reason: str = ""

    def fits(self, wanted: Record) -> bool:
        """Whether it is what `wanted` would measure, so that it need not be done again."""
        mine = (self.part, self.quick, self.command, self.origin)
        theirs = (wanted.part, wanted.quick, wanted.command, wanted.origin)
        return self.status == "measured" and mine == theirs


def origin() -> Origin:
    """The commit, with a digest of what differs from it, and the machine."""
    about = about_machine([])
    machine = f"{about['processor']}, {about['memory_gib']} GiB, Python {about['python']}"
    return Origin(_commit(about["versions"].get("podium", "unknown")), machine)


def _commit(version: str) -> str:
    def git(*words: str) -> bytes:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, check=True, timeout=60
        ).stdout

    try:
        commit = git("rev-parse", "--short=12", "HEAD").decode().strip()
        changed = git("diff", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return f"version {version}"
    if changed:
        return f"{commit}+{hashlib.sha256(changed).hexdigest()[:8]}"
    return commit


def blank(part: Part, quick: bool, where: Origin) -> Record:
    """The record of a part before it is run."""
    return Record(part.name, "not run", quick, part.shown(quick), where, reason="It was not run.")


def read_record(folder: Path, name: str) -> Record | None:
    """What is kept of a part; None when nothing is, or nothing that can be read."""
    path = _path(folder, name)
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        return Record(**{**row, "origin": Origin(**row["origin"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def keep_record(folder: Path, record: Record) -> None:
    """Write it down, whole or not at all."""
    path = _path(folder, record.part)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def _path(folder: Path, name: str) -> Path:
    return folder / "parts" / f"{name}.json"


def run_part(
    part: Part, wanted: Record, folder: Path, note: Note, stop_s: float = _STOP_S
) -> Record:
    """Run it, passing its progress to `note`; what it came to.

    Ctrl-C and SIGTERM stop the part and all that it started, then go on as KeyboardInterrupt or
    SystemExit.
    """
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (logs / f"{part.name}.json").open("w+b") as out:
        process = _started(part.words(wanted.quick, folder / "work"), out)
        late = threading.Event()
        timer = threading.Timer(part.limit(wanted.quick), _give_up, (process, late, stop_s))
        timer.start()
        try:
            tail = _followed(process, logs / f"{part.name}.log", note)
            code = process.wait()
        finally:
            timer.cancel()
            stop(process, stop_s)
            if process.stderr is not None:
                process.stderr.close()
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    done = _outcome(wanted, code, text, tail, part.limit(wanted.quick) if late.is_set() else None)
    seconds = round(time.monotonic() - began, 1)
    return Record(**{**_fields(done), "seconds": seconds, "date": _now()})


def _started(words: list[str], out: Any) -> subprocess.Popen[str]:
    # A job in the background ignores Ctrl-C, and its children would as well.
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def _followed(process: subprocess.Popen[str], log: Path, note: Note) -> str:
    """Every line of its stderr into the log and to `note`; the last ones."""
    lines: list[str] = []
    with log.open("w", encoding="utf-8") as file:
        for line in process.stderr or ():
            file.write(line)
            file.flush()
            lines = [*lines[1 - _TAIL :], line.rstrip()]
            note(line.rstrip())
    return "\n".join(lines)


def _give_up(process: subprocess.Popen[str], late: threading.Event, stop_s: float) -> None:
    late.set()
    stop(process, stop_s)


def stop(process: subprocess.Popen[str], seconds: float) -> None:
    """Interrupt the process, and kill its group when it does not end."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _outcome(wanted: Record, code: int, text: str, tail: str, limit: float | None) -> Record:
    def ended(status: Status, reason: str, result: Any = None) -> Record:
        fields = _fields(wanted) | {"status": status, "reason": reason, "result": result}
        return Record(**fields)

    if limit is not None:
        return ended("failed", f"It was given up after {limit:.0f} s.\n{tail}")
    try:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise SetupError("It printed no JSON object.")
    except (ValueError, SetupError):
        return ended("failed", f"It printed no result and exited with {code}.\n{tail}")
    if code == ABSENT:
        return ended("absent", str(document.get("reason", "It is not here.")))
    if code != 0:
        told = document.get("error", {})
        said = told.get("message", "") if isinstance(told, dict) else str(told)
        return ended("failed", f"It exited with {code}. {said}\n{tail}")
    return ended("measured", "", document)


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
