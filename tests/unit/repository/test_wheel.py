"""The wheel carries the four packages with their data and the examples, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tracked import ROOT, tracked

PACKAGES = ("models", "retrieval", "router", "deployments")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built offline with the lock's own backend."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    environment = {**os.environ, "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [*command, str(ROOT)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("podium-*.whl"))


def test_every_file_of_the_packages_and_every_example_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = set()
    for path in tracked():
        relative = path.relative_to(ROOT)
        if relative.parts[0] in PACKAGES:
            wanted.add(str(relative))
        elif relative.parts[0] == "examples":
            wanted.add(f"deployments/{relative}")
    assert any(name.endswith(".wav") for name in wanted)
    assert wanted - names == set()
    assert "deployments/serve_config.yaml" in names


def test_nothing_else_is_inside(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_unpacked_wheel_runs_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(site)
    empty.mkdir()
    code = (
        "import deployments, deployments.cli.examples as e; print(deployments.__file__);"
        "print(e.examples_folder()); print(len(e.example_calls()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=empty, env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    module, examples, calls = done.stdout.splitlines()
    assert module.startswith(str(site))
    assert examples == str(site / "deployments" / "examples")
    assert int(calls) >= 3
