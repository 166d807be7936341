"""Every listed break of the guarding code is noticed by a test, and the list is kept up."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tracked import ROOT

SEED = 20261122


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / ".ci" / "mutants.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


RUNNER = _runner()
FILES = sorted({one.file for one in RUNNER.load()})


def test_every_mutant_still_finds_its_text() -> None:
    mutants = RUNNER.load()
    assert len(mutants) >= 50
    assert len({(one.file, one.name) for one in mutants}) == len(mutants)
    assert [one.name for one in mutants if one.gone(ROOT)] == []
    assert [one.name for one in mutants if one.old == one.new] == []


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / "mutants.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_some_mutants_die() -> None:
    done = _run("--some", "3", "--seed", str(SEED), "--trusting")
    assert (done.returncode, "3 of 3 die" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return 1", "return 2", "1 of 1 die"),
        ("return 1", "return 1 + 0", "survives its tests (0)"),
        ("return 3", "return 2", "is gone from"),
        ("return 1", "return (", "survives its tests (2)"),
    ],
)
def test_a_survivor_and_a_lost_text_are_reported(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    code, test = tmp_path / "router" / "one.py", tmp_path / "tests" / "test_one.py"
    for path, text in (
        (code, "def one():\n    return 1\n"),
        (code.with_name("__init__.py"), ""),
        (test, "from router.one import one\n\n\ndef test_one():\n    assert one() == 1\n"),
        (tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\n"),
        (
            tmp_path / ".ci" / "mutants.toml",
            'tests.one = ["tests/test_one.py"]\n[[mutant]]\nname = "it"\ntests = "one"\n'
            f'file = "router/one.py"\nold = "{old}"\nnew = "{new}"\n',
        ),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    done = _run("--root", str(tmp_path))
    assert said in done.stdout
    assert done.returncode == (said != "1 of 1 die")
    assert "return 1" in code.read_text()


@pytest.mark.assurance
@pytest.mark.parametrize("file", FILES)
def test_all_mutants_die(file: str) -> None:
    done = _run("--only", file)
    assert done.returncode == 0, done.stdout
