"""Breaks the guarding code in a copy, one known way at a time: some test must notice each.

`.ci/mutants.toml` lists the mutants. `python .ci/mutants.py` runs them all, `--some N --seed S` N
of them, `--only TEXT` those whose file begins with TEXT. It fails when one survives, when the text
it replaces is gone from the code, or when the tests that should die fail without it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("models", "retrieval", "router", "deployments", "tests", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("*.bin", "*.safetensors", "__pycache__", "*.pyc")
FAILED = 1
PROFILE = "without_shrinking"
PYTEST = (
    "-x", "-q", "-p", "no:cacheprovider", "-p", PROFILE, "-o", "timeout=60",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip
# Imported once; every run of tests is a fork of this process.
HEAVY = (
    "pytest", "hypothesis", "pydantic", "yaml", "jinja2", "jsonschema", "prometheus_client",
    "sqlalchemy", "numpy", "cryptography.hazmat.primitives.ciphers.aead",
)  # fmt: skip
# That an example fails is enough; nobody reads the smallest one.
_PROFILE = """
from hypothesis import Phase, settings
settings.register_profile(
    "quick", deadline=None, phases=(Phase.explicit, Phase.generate), database=None
)
settings.load_profile("quick")
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old`, which stands once in `file`, becomes `new`; then one of `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def gone(self, root: Path) -> bool:
        """Whether the code has changed, so that the mutant says nothing any more."""
        path = root / self.file
        return not path.is_file() or path.read_text().count(self.old) != 1


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    mutants = [one for one in load(asked.root) if one.file.startswith(asked.only)]
    mutants = drawn(mutants, asked.some or len(mutants), asked.seed)
    here = [one for one in mutants if not one.gone(asked.root)]
    faults = [f"{one.name}: its text is gone from {one.file}" for one in mutants if one not in here]
    for name in HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="podium-mutants-") as folder:
        copy = copied(asked.root, Path(folder))
        faults += [] if asked.trusting else broken_tests(copy, here)
        faults += [fault for one in here if (fault := survives(copy, one))]
    for fault in faults:
        print("FAULT", fault)
    print(f"mutants: {len(mutants) - len(faults)} of {len(mutants)} die")
    return 1 if faults or not mutants else 0


def load(root: Path = ROOT) -> tuple[Mutant, ...]:
    """Every mutant of the list, with the tests of its selection."""
    data = tomllib.loads((root / ".ci" / "mutants.toml").read_text())
    return tuple(
        Mutant(row["name"], row["file"], row["old"], row["new"], tuple(data["tests"][row["tests"]]))
        for row in data["mutant"]
    )


def drawn(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them, by a seed, in the order of the list."""
    if count >= len(mutants):
        return list(mutants)
    some = random.Random(seed).sample(range(len(mutants)), count)  # noqa: S311 - no secret
    return [mutants[index] for index in sorted(some)]


def copied(root: Path, folder: Path) -> Path:
    """What the tests need, copied; the tree itself is never touched."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=LEFT_OUT)
        elif (root / name).is_file():
            shutil.copy(root / name, folder / name)
    (folder / f"{PROFILE}.py").write_text(_PROFILE)
    return folder


def broken_tests(copy: Path, mutants: Iterable[Mutant]) -> list[str]:
    """Selections that fail by themselves, and so prove nothing."""
    selections = dict.fromkeys(one.tests for one in mutants)
    return [f"{' '.join(tests)}: fail without a mutant" for tests in selections
            if code_of(copy, tests) != 0]  # fmt: skip


def survives(copy: Path, mutant: Mutant) -> str | None:
    """What is wrong when the tests do not fail because of it."""
    path = copy / mutant.file
    before, began = path.read_text(), time.monotonic()
    path.write_text(before.replace(mutant.old, mutant.new))
    try:
        code = code_of(copy, mutant.tests)
    finally:
        path.write_text(before)
    verdict = "killed" if code == FAILED else f"SURVIVED ({code})"
    print(f"{verdict}  {mutant.file}: {mutant.name}  {time.monotonic() - began:.1f} s", flush=True)
    return None if code == FAILED else f"{mutant.name} survives its tests ({code})"


def code_of(copy: Path, tests: Sequence[str]) -> int:
    """The exit code of those tests over the copy; 1 is that some failed."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        code = _tested(copy, tests)
    finally:
        os._exit(code)


def _tested(copy: Path, tests: Sequence[str]) -> int:
    """In the child: the copy's code comes before the one that is installed."""
    import pytest

    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    os.environ["PYTHONPATH"] = str(copy)
    return int(pytest.main([*PYTEST, *tests]))


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--some", type=int, default=0, help="how many, drawn; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="the beginning of the file's name")
    parser.add_argument("--trusting", action="store_true", help="don't run the tests unbroken")
    parser.add_argument("--root", type=Path, default=ROOT)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
