"""kill -9 of writers under load: no record that was acknowledged is lost, and one chain holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify
from tests.in_memory import in_memory
from tests.tracked import ROOT
from tests.unit.router.ledger.kill_driver import SECRET

SEED = 20261122


@pytest.fixture
def folder() -> Iterator[Path]:
    # A killed process leaves the same files on every file system.
    with TemporaryDirectory(dir=in_memory()) as name:
        yield Path(name)


def _kill(folder: Path, seed: int, kills: int, seconds: float) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.router.ledger.kill_driver",
         str(folder), str(seed), str(kills)],
        cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _check(folder: Path) -> int:
    """The number of acknowledged records, all of which are in the ledger, which holds."""
    source = SqliteSource(folder / "ledger.sqlite")
    verdict = verify(source, SECRET)
    assert verdict.first_bad is None
    with source.open() as snapshot:
        kept = {f"{row.id} {row.seq} {row.hash}" for row in snapshot.records()}
    acks = (folder / "acks").read_text().splitlines()
    assert len(kept) == verdict.records
    assert [ack for ack in acks if ack not in kept] == []
    return len(acks)


def test_ten_kills_lose_nothing_acknowledged(folder: Path) -> None:
    _kill(folder, SEED, 10, 100)
    assert _check(folder) >= 10


def test_a_lost_record_would_be_noticed(folder: Path) -> None:
    _kill(folder, SEED, 1, 100)
    assert _check(folder) >= 1
    with (folder / "acks").open("a") as file:
        file.write(f"rec_lost 999999 {'0' * 64}\n")
    with pytest.raises(AssertionError):
        _check(folder)


@pytest.mark.assurance
@pytest.mark.parametrize("part", range(8))
def test_two_hundred_kills_lose_nothing_acknowledged(folder: Path, part: int) -> None:
    _kill(folder, SEED + 1 + part, 25, 3600)
    print(f"{_check(folder)} acknowledged records, 25 kills")
