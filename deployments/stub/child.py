"""The stub as a child of `podium up --remote stub`."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

from models.errors import SetupError

START_S = 60.0
STOP_S = 5.0
_READY = "ready base_url="


def start_stub(stack: ExitStack, capture: Path) -> str:
    """The base URL of a stub that runs until `stack` ends; it records to `capture`."""
    capture.unlink(missing_ok=True)
    script = resources.files("deployments").joinpath("stub", "echo.yaml")
    words = ["stub", "--port", "0", "--capture", str(capture), "--script", str(script)]
    process = subprocess.Popen(
        [sys.executable, "-m", "deployments.cli.main", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.callback(_stop, process)
    overdue = threading.Timer(START_S, process.kill)
    overdue.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        overdue.cancel()
    if not line.startswith(_READY):
        raise SetupError("The provider stub did not start; try `podium stub` to see why.")
    return line.removeprefix(_READY).strip()


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_S)
    if process.stdout is not None:
        process.stdout.close()
