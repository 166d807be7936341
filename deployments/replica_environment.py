"""What every replica does first: telemetry off, and a JSON log under the home without content."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from deployments.home import Home
from deployments.json_log import open_log
from deployments.quiet_errors import quiet_serve_errors
from deployments.ray_environment import restore_user_home
from models.quiet import quiet_environment

_NOISY = ("vllm", "faster_whisper", "sentence_transformers", "transformers", "httpx2", "httpcore2")


def enter_replica(name: str) -> float:
    """Quiet every library in this process before it is imported, and open the replica's log.

    Returns when that was, by the monotonic clock.
    """
    entered = time.monotonic()
    restore_user_home()
    os.environ.update(quiet_environment())
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    quiet_serve_errors()
    home = os.environ.get("PODIUM_HOME")
    if home is not None:
        open_log(Home(Path(home)).logs / f"{name}.jsonl")
    return entered
