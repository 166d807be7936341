"""`python -m bench.gpu --tiny` whole: both servers over drawn weights, speech, embedder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bound import bound
from tests.tracked import ROOT


@pytest.mark.assurance
@pytest.mark.timeout(500)
def test_every_part_runs_on_a_processor(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.gpu", "--tiny", "--rounds", "1", "--out", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=450, check=False, preexec_fn=bound(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| 2 | TTFT, ms |" in done.stdout
    assert "say that it runs, and nothing else" in done.stdout
    rates = json.loads((tmp_path / "rates.json").read_text())
    assert {one["engine"] for one in rates} == {"faster-whisper", "embedder"}
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["about"]["command"].startswith("python -m bench.gpu")
