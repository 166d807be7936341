"""A real Podium for tests: started by the command a user types, stopped by its own pid."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bound import bound

BIN = Path(sys.executable).parent
START_S = 420.0
STOP_S = 90.0
_READY = re.compile(r"^ready base_url=(?P<url>\S+) home=(?P<home>.+)$")


@dataclass
class Instance:
    """One `podium up` that is running."""

    process: subprocess.Popen[str] | None
    pid: int
    base_url: str
    home: Path

    @property
    def key(self) -> str:
        """The first admin key of its home."""
        return (self.home / "first_key").read_text().strip()

    @property
    def url(self) -> str:
        """The base URL as OpenAI's clients take it."""
        return f"{self.base_url}/v1"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(STOP_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def command(*words: str) -> list[str]:
    """`podium` with these words, from the environment that runs the tests."""
    return [str(BIN / "podium"), *words]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without Podium's own variables, and with `more`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PODIUM_", "RAY_"))}
    return kept | dict(more)


def run(*words: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """One `podium` command, to its end."""
    return subprocess.run(
        command(*words),
        env=environment({"PODIUM_HOME": str(home)} | more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=bound(),
    )


def start(home: Path, words: Sequence[str] = (), more: Mapping[str, str] | None = None) -> Instance:
    """Start Podium on a free port and wait until it says that it is ready.

    It ends with the process that runs the tests.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    log = home.parent / f"{home.name}.stderr"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command("up", "--home", str(home), "--port", "0", *words),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(more or {}),
            preexec_fn=bound(),
        )
    try:
        url = _wait(process, log)
    except BaseException:
        Instance(process, process.pid, "", home).stop()
        raise
    return Instance(process, process.pid, url, home)


def attach(home: Path) -> Instance:
    """The Podium that runs on this home already."""
    running = json.loads((home / "run.json").read_text())
    return Instance(None, running["pid"], running["base_url"], home)


def _wait(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    overdue = threading.Timer(START_S, process.kill)
    overdue.start()
    try:
        for line in process.stdout:
            found = _READY.match(line.strip())
            if found:
                return found["url"]
    finally:
        overdue.cancel()
    raise AssertionError(f"podium up did not become ready:\n{log.read_text()[-4000:]}")
