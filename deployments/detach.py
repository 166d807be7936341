"""`podium up --detach`: the same command in a session of its own, watched until it is ready."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from deployments.home import Home
from deployments.private_file import PRIVATE_FILE
from deployments.run_file import Running, read_running
from models.errors import SetupError

_LOOK_EVERY_S = 0.1
_STOP_S = 60.0
_ERROR = "Error: "
# Lines of libraries have a date; ours say what an operator waits for.
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:")


def start_detached(
    home: Home,
    arguments: Sequence[str],
    say: Callable[[str], None],
    more: Mapping[str, str] | None = None,
) -> Running:
    """Run `podium up` with `arguments` in the background until it answers.

    `more` are variables beside those of this process.

    SetupError repeats what it said when it ends instead. Being interrupted ends it too. Its
    standard output, where the key is, goes nowhere; progress and errors go to `logs/up.log`, and
    what it says of its progress to `say`, too.
    """
    log = home.logs / "up.log"
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(handle, "wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "deployments.cli.main", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, **(more or {})},
        )
    try:
        return _wait(home, child, say)
    except BaseException:
        _end(child)
        raise


def _wait(home: Home, child: subprocess.Popen[bytes], say: Callable[[str], None]) -> Running:
    told = 0
    while child.poll() is None:
        running = read_running(home)
        told = _relay(home, told, say)
        if running is not None and running.pid == child.pid:
            return running
        time.sleep(_LOOK_EVERY_S)
    _relay(home, told, say)
    raise SetupError(_last_words(home))


def _relay(home: Home, told: int, say: Callable[[str], None]) -> int:
    """Say the whole lines of the log from byte `told` on; how far it is told now."""
    with (home.logs / "up.log").open("rb") as log:
        log.seek(told)
        whole, newline, _ = log.read().rpartition(b"\n")
    for line in whole.decode("utf-8", "replace").splitlines():
        if not line.startswith(_ERROR) and not _DATED.search(line):
            say(line)
    return told + len(whole) + len(newline)


def _last_words(home: Home) -> str:
    log = home.logs / "up.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    return told[-1] if told else f"Podium ended before it was ready. See {log}."


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
