"""`podium chaos`: faults of a seed, under load, with every invariant looked at."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from deployments.chaos.faults import NOBODY, kind
from tests.bound import bound
from tests.serve.instance import command, environment
from tests.serve.outside.conftest import short_folder
from tests.serve.outside.sinks import Place

SEED = 20261129
# A replica, the engine and the controller killed, a full disk, half-sent uploads, slow heads,
# dropped connections, a storm, a moved clock.
KINDS = 9


@pytest.mark.timeout(900)
def test_one_fault_of_each_kind_breaks_nothing(place: Place, tmp_path: Path) -> None:
    home = str(place.instance.home)
    words = ("--home", home, "--yes-break-this-one", "--faults", str(KINDS), "--minutes", "10")
    _check(_chaos(tmp_path, 840, *words), faults=KINDS)
    run_folders = [one for one in place.temporary.iterdir() if one.name.startswith("podium-")]
    assert len(run_folders) == 1
    assert set(place.temporary.iterdir()) == set(run_folders), "what killed engines left is in it"


@pytest.mark.assurance
@pytest.mark.timeout(900)
def test_a_podium_of_its_own_leaves_neither_process_nor_file(tmp_path: Path) -> None:
    folder = short_folder()
    try:
        words = ("--faults", str(KINDS), "--minutes", "10")
        _check(_chaos(tmp_path, 840, *words, TMPDIR=str(folder)), faults=KINDS)
        assert list(folder.iterdir()) == []
        assert _processes_of(folder) == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.assurance
@pytest.mark.timeout(7200)
def test_an_hour_of_faults_on_a_podium_of_its_own(tmp_path: Path) -> None:
    _check(_chaos(tmp_path, 5400, "--minutes", "60"), faults=60)


def _processes_of(folder: Path) -> list[str]:
    """Whatever still runs that names the folder, or has its environment point there."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            told = [*process.cmdline(), *process.environ().values()]
            if any(str(folder) in word for word in told):
                found.append(f"{process.pid} {process.name()}")
    return found


def _chaos(folder: Path, seconds: float, *words: str, **more: str) -> dict[str, Any]:
    report = folder / "report.json"
    done = subprocess.run(
        command("chaos", "--seed", str(SEED), "--report", str(report), *words),
        env=environment(more),
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
    assert len({kind(one["fault"]) for one in report["played"]}) == KINDS
    assert [one for one in report["played"] if one["detail"] == NOBODY] == []
    assert report["verdict"]["acknowledged"] > 20
    assert report["verdict"]["answered_outside"] > 10
    assert report["verdict"]["refused_for_budget"] > 0
    assert report["ledger"]["authenticated"]
