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


def test_survivors_and_lost_texts_are_reported(tmp_path: Path) -> None:
    code, test = tmp_path / "router" / "one.py", tmp_path / "tests" / "test_one.py"
    changes = {"dies": "return 2", "lives": "return 1 + 0", "breaks": "return ("}
    rows = [(name, "return 1", new) for name, new in changes.items()] + [("lost", "3", "2")]
    for path, text in (
        (code, "def one():\n    return 1\n"),
        (code.with_name("__init__.py"), ""),
        (test, "from router.one import one\n\n\ndef test_one():\n    assert one() == 1\n"),
        (tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\n"),
        (tmp_path / ".ci" / "mutants.toml", _list(rows)),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    done = _run("--root", str(tmp_path))
    assert done.returncode == 1
    assert "killed  router/one.py: dies" in done.stdout
    assert "FAULT lives survives its tests (0)" in done.stdout
    assert "FAULT breaks survives its tests (2)" in done.stdout
    assert "FAULT lost: its text is gone from router/one.py" in done.stdout
    assert "mutants: 1 of 4 die" in done.stdout
    assert code.read_text().endswith("return 1\n")


def _list(rows: list[tuple[str, str, str]]) -> str:
    mutants = [
        f'[[mutant]]\nname = "{name}"\ntests = "one"\nfile = "router/one.py"\n'
        f'old = "{old}"\nnew = "{new}"\n'
        for name, old, new in rows
    ]
    return 'tests.one = ["tests/test_one.py"]\n' + "".join(mutants)


@pytest.mark.assurance
@pytest.mark.parametrize("file", FILES)
def test_all_mutants_die(file: str) -> None:
    done = _run("--only", file)
    assert done.returncode == 0, done.stdout
