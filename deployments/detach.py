"""`podium up --detach`: the same command in a session of its own, watched until it is ready."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from deployments.home import Home
from deployments.private_file import PRIVATE_FILE
from deployments.run_file import Running, read_running
from models.errors import SetupError

_LOOK_EVERY_S = 0.1
_STOP_S = 60.0


def start_detached(home: Home, arguments: Sequence[str]) -> Running:
    """Run `podium up` with `arguments` in the background until it answers.

    SetupError repeats what it said when it ends instead. Being interrupted ends it too. Its
    standard output, where the key is, goes nowhere; progress and errors go to `logs/up.log`.
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
        )
    try:
        return _wait(home, child)
    except BaseException:
        _end(child)
        raise


def _wait(home: Home, child: subprocess.Popen[bytes]) -> Running:
    while child.poll() is None:
        running = read_running(home)
        if running is not None and running.pid == child.pid:
            return running
        time.sleep(_LOOK_EVERY_S)
    raise SetupError(_last_words(home))


def _last_words(home: Home) -> str:
    log = home.logs / "up.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return told[-1] if told else f"Podium ended before it was ready. See {log}."


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
