"""Setup stops early and clearly, and runs with Python 3.11 or says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.tracked import ROOT

PARTS = (".ci", "requirements", "pyproject.toml")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What setup reads, in an empty folder."""
    folder = tmp_path_factory.mktemp("setup")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy(source, folder)
    borrow_pip(folder / ".venv")
    return folder


def borrow_pip(environment: Path) -> None:
    """An empty environment with this one's pip: seconds faster than bootstrapping its own."""
    venv.create(environment, symlinks=True, with_pip=False)
    place = f"lib/python3.{sys.version_info.minor}/site-packages"
    for found in Path(sys.prefix, place).glob("pip*"):
        (environment / place / found.name).symlink_to(found)


def setup(folder: Path, **configured: str) -> subprocess.CompletedProcess[str]:
    """Runs setup with pip looking nowhere but where the test says."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    environment = {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", **configured}
    command = [sys.executable, str(folder / ".ci" / "install.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_missing_cpu_torch_stops_setup_before_anything_is_fetched(
    copy: Path, tmp_path: Path
) -> None:
    (tmp_path / "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl").touch()
    found = setup(copy, PIP_FIND_LINKS=str(tmp_path))
    assert "installing the lock" in found.stdout, found.stderr
    missing = setup(copy)
    assert missing.returncode == 2
    assert "installing the lock" not in missing.stdout
    assert "torch==2.13.0+cpu" in missing.stderr
    assert "PIP_EXTRA_INDEX_URL" in missing.stderr
    assert "PIP_FIND_LINKS" in missing.stderr
    assert "Traceback" not in missing.stderr
    assert not (copy / ".venv" / ".podium-setup").exists(), "unfinished is not finished"


def test_a_finished_setup_is_left_alone(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(copy, folder, ignore=shutil.ignore_patterns(".venv"))
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho called >> "$0.calls"\nexit 1\n')
    python.chmod(0o755)
    calls = python.with_name("python.calls")
    assert setup(folder).returncode == 2
    assert calls.exists(), "without a stamp, setup goes to work"
    calls.unlink()
    stamp = "import sys; sys.path.insert(0, '.ci'); import install; print(install.wanted(), end='')"
    wanted = subprocess.run([sys.executable, "-c", stamp], cwd=folder, capture_output=True)
    (folder / ".venv" / ".podium-setup").write_bytes(wanted.stdout)
    again = setup(folder)
    assert (again.returncode, calls.exists()) == (0, False), again.stderr
    assert "nothing to do" in again.stdout


def run_script(script: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / ".ci" / "python.sh"), str(script)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_another_python_is_refused_with_what_to_install(tmp_path: Path) -> None:
    script = tmp_path / "hello.py"
    script.write_text("print('hello')")
    assert run_script(script, PATH="", PYTHON=sys.executable).stdout == "hello\n"
    refused = run_script(script, PATH="")
    assert refused.returncode == 2
    assert "Python 3.11 was not found" in refused.stderr
