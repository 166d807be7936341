"""Replicas come with load and go without it, on the real controller of Ray Serve."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.bound import bound
from tests.serve.instance import Instance

ROOT = Path(__file__).parents[2]


def test_a_deployment_grows_shrinks_sleeps_and_wakes(podium: Instance) -> None:
    raylet = next(c for c in psutil.Process(podium.pid).children() if c.name() == "raylet")
    gcs = next(word for word in raylet.cmdline() if word.startswith("--gcs-address="))
    secrets = {k: v for k, v in raylet.environ().items() if k.startswith("RAY_")}
    told = subprocess.run(
        [sys.executable, "-m", "tests.serve.scaling_app", f"127.0.0.1:{gcs.rpartition(':')[2]}"],
        env=os.environ | secrets,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        preexec_fn=bound(),
    )
    assert told.stdout.split() == ["2", "1", "0", "hello", "1"], told.stderr[-3000:]
