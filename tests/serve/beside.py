"""Deployments of tests on the Ray cluster of a running Podium."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.bound import bound
from tests.serve.instance import Instance

ROOT = Path(__file__).parents[2]


def told_by(podium: Instance, module: str, *words: str) -> tuple[list[str], str]:
    """What `python -m MODULE WORDS ADDRESS` prints, word by word, and its errors."""
    raylet = next(c for c in psutil.Process(podium.pid).children() if c.name() == "raylet")
    gcs = next(word for word in raylet.cmdline() if word.startswith("--gcs-address="))
    secrets = {k: v for k, v in raylet.environ().items() if k.startswith("RAY_")}
    told = subprocess.run(
        [sys.executable, "-m", module, *words, f"127.0.0.1:{gcs.rpartition(':')[2]}"],
        env=os.environ | secrets,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        preexec_fn=bound(),
    )
    return told.stdout.split(), told.stderr[-3000:]
