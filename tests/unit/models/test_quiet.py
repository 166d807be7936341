"""Quiet libraries: the one that writes an id of the device into the user's home no longer does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from models.quiet import quiet_environment

LOAD = """
import faster_whisper, onnxruntime, pathlib
assets = pathlib.Path(faster_whisper.__file__).parent / "assets"
onnxruntime.InferenceSession(next(assets.glob("*.onnx")), providers=["CPUExecutionProvider"])
"""


@pytest.mark.parametrize("variables", [{}, quiet_environment()], ids=["loud", "quiet"])
def test_onnxruntime_makes_up_no_id_of_the_device(
    tmp_path: Path, variables: Mapping[str, str]
) -> None:
    left = {k: v for k, v in os.environ.items() if k not in {"ORT_DISABLE_TELEMETRY", "CI"}}
    cache = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run(
        [sys.executable, "-c", LOAD], env=left | cache | variables, check=True, timeout=100
    )
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert bool(written) == (not variables), written
