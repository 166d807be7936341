"""`podium chaos`: faults of a seed, under load, with every invariant looked at."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.bound import bound
from tests.serve.instance import Instance, command, environment

SEED = 20261129


@pytest.mark.timeout(600)
def test_the_first_faults_of_a_seed_break_nothing(remote: Instance, tmp_path: Path) -> None:
    words = ("--home", str(remote.home), "--yes-break-this-one", "--minutes", "0.6")
    _check(_chaos(tmp_path, 500, *words), faults=4)


@pytest.mark.assurance
@pytest.mark.timeout(7200)
def test_an_hour_of_faults_on_a_podium_of_its_own(tmp_path: Path) -> None:
    _check(_chaos(tmp_path, 5400, "--minutes", "60"), faults=60)


def _chaos(folder: Path, seconds: float, *words: str) -> dict[str, Any]:
    report = folder / "report.json"
    done = subprocess.run(
        command("chaos", "--seed", str(SEED), "--report", str(report), *words),
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        preexec_fn=bound(),
    )
    print(f"\n{done.stderr}\n{done.stdout}")
    found: dict[str, Any] = json.loads(report.read_text())
    assert done.returncode == (0 if found["ok"] else 1)
    return found


def _check(report: dict[str, Any], faults: int) -> None:
    assert report["broken"] == []
    assert len(report["played"]) >= faults
    assert report["verdict"]["acknowledged"] > 20
    assert report["verdict"]["answered_outside"] > 10
    assert report["ledger"]["authenticated"]
