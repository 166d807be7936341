"""`make test` leaves out only folders without a test file, and fails on everything else."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tracked import ROOT


@pytest.fixture
def suite(tmp_path: Path) -> ModuleType:
    """The runner, in a folder of its own with this environment."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "suite.py", tmp_path / ".ci")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    spec = importlib.util.spec_from_file_location("suite", tmp_path / ".ci" / "suite.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["suite"] = module
    spec.loader.exec_module(module)
    return module


def plant(suite: ModuleType, text: str) -> None:
    folder = suite.ROOT / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(text)


def test_passing_tests_pass(suite: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    plant(suite, "def test_it():\n    pass\n")
    assert suite.tests("tests/unit", "tests/property")() == 0
    said = capfd.readouterr().out
    assert "1 passed" in said
    assert "tests/property: no test file yet, left out" in said


def test_failing_tests_fail(suite: ModuleType) -> None:
    plant(suite, "def test_it():\n    assert False\n")
    assert suite.tests("tests/unit")() == 1


def test_a_test_file_without_tests_is_a_failure(suite: ModuleType) -> None:
    plant(suite, "")
    assert suite.tests("tests/unit")() == 5


@pytest.mark.parametrize(("failing", "code"), [(None, 0), ("router", 1), ("models", 1)])
def test_two_at_once_are_both_told_and_both_count(
    suite: ModuleType, capfd: pytest.CaptureFixture[str], failing: str | None, code: int
) -> None:
    for name in ("router", "models"):
        folder = suite.ROOT / "tests" / "unit" / name
        folder.mkdir(parents=True)
        (folder / f"test_{name}.py").write_text(f"def test_it():\n    assert {name != failing}\n")
    assert suite.beside("tests/unit/router")() == code
    said = capfd.readouterr().out
    assert said.count("1 passed") + said.count("1 failed") == 2


def test_the_first_failing_part_stops_the_run(
    suite: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    parts = [
        suite.Part("one", 1, lambda: ran.append("one") or 0),
        suite.Part("two", 1, lambda: 7),
        suite.Part("three", 1, lambda: ran.append("three") or 0),
    ]
    assert suite.run_parts(parts) == 7
    assert ran == ["one"]
    said = capfd.readouterr()
    assert "== one: 0 s" in said.out
    assert "part 'two' failed with 7" in said.err
