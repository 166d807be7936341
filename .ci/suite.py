"""Runs the whole suite part by part, with each part's seconds: `make test`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
OFFLINE = {"PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Part:
    """A named part of the suite and the number of seconds it is meant to stay under."""

    name: str
    budget: int
    run: Callable[[], int]


def main() -> int:
    return run_parts(PARTS)


def run_parts(parts: Sequence[Part]) -> int:
    """Runs the parts in order and stops at the first that fails, with its exit code."""
    began = time.monotonic()
    for part in parts:
        print(f"\n== {part.name}", flush=True)
        start = time.monotonic()
        code = part.run()
        took = time.monotonic() - start
        print(f"== {part.name}: {took:.0f} s (budget {part.budget} s)", flush=True)
        if code != 0:
            print(f"make test: stopped, part '{part.name}' failed with {code}", file=sys.stderr)
            return code
    print(f"\nmake test: every part passed in {time.monotonic() - began:.0f} s")
    return 0


def install() -> int:
    return subprocess.run([sys.executable, ".ci/install.py"], cwd=ROOT, check=False).returncode


def lint() -> int:
    for command in (["ruff", "check", "."], ["mypy"], ["lint-imports"]):
        print("lint:", *command, flush=True)
        code = call([str(BIN / command[0]), *command[1:]])
        if code != 0:
            return code
    return 0


def tests(*folders: str) -> Callable[[], int]:
    return lambda: run_tests([ROOT / folder for folder in folders])


def run_tests(folders: list[Path]) -> int:
    """An empty folder is said and left out; with tests in it, collecting none is a failure."""
    full = [folder for folder in folders if has_tests(folder)]
    for folder in folders:
        if folder not in full:
            print(f"{folder.relative_to(ROOT)}: no test file yet, left out", flush=True)
    return call(pytest_over(full)) if full else 0


def beside(folder: str, *others: str) -> Callable[[], int]:
    """`folder` and `others` in one process, and what else lies beside `folder` in another."""

    def run() -> int:
        first = [ROOT / name for name in (folder, *others)]
        rest = sorted(one for one in first[0].parent.iterdir() if one not in first)
        return run_both(first, [one for one in rest if has_tests(one)])

    return run


def has_tests(path: Path) -> bool:
    return any(path.rglob("test_*.py")) if path.is_dir() else path.match("test_*.py")


def run_both(first: list[Path], second: list[Path]) -> int:
    """The tests of both at once, for a machine has two cores; what the second says comes after."""
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            pytest_over(second), cwd=ROOT, env=environment(), stdout=said, stderr=subprocess.STDOUT
        )
        try:
            code = run_tests(first)
            other = beside.wait()
        finally:
            beside.kill()
            beside.wait()
        said.seek(0)
        print(said.read().decode(errors="replace"), flush=True)
    return code or other


def pytest_over(folders: Sequence[Path]) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", *(str(one.relative_to(ROOT)) for one in folders)]


def call(command: list[str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


def environment() -> dict[str, str]:
    return {**os.environ, **OFFLINE, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


# As much to do as for all the other unit tests together.
ROUTER_AND_PROPERTY = (
    "tests/unit/router", "tests/unit/models", "tests/unit/retrieval", "tests/property",
)  # fmt: skip
# Half of the seconds of all tests on the wire.
OUTSIDE_ON_THE_WIRE = tuple(
    f"tests/wire/test_{name}.py"
    for name in (
        "faults", "labels_at_rest", "adapters", "left_answers", "gate", "imagine", "copilot",
        "gemini_images",
    )
)  # fmt: skip
PARTS = (
    Part("install", 360, install),
    Part("lint", 60, lint),
    Part("unit and property", 240, beside(*ROUTER_AND_PROPERTY)),
    Part("wire", 200, beside(*OUTSIDE_ON_THE_WIRE)),
    Part("conformance", 60, tests("tests/conformance")),
    Part("serve", 930, tests("tests/serve")),
)

if __name__ == "__main__":
    sys.exit(main())
