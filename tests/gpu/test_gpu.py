"""What only a GPU can show: `pytest -m gpu tests/gpu` on a machine that has one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracked import ROOT

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(1800)]


def measured(out: Path, *words: str) -> str:
    """The table of one measurement."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.gpu", "--rounds", "1", "--out", str(out), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=1700, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_chat_of_the_size_of_mistral_7b(tmp_path: Path) -> None:
    table = measured(tmp_path, "--parts", "chat")
    assert all(f"| {clients} | TTFT, ms |" in table for clients in (1, 64, 256))


def test_speech_of_the_size_of_large_v3_turbo_and_the_embedder(tmp_path: Path) -> None:
    measured(tmp_path, "--parts", "speech", "embed")
    rates = json.loads((tmp_path / "rates.json").read_text())
    assert {one["engine"] for one in rates} == {"faster-whisper", "embedder"}
    speech = [one for one in rates if one["engine"] == "faster-whisper"]
    assert all(one["amount"] / one["seconds"][0] > 1 for one in speech), "slower than it is spoken"
