"""A ledger cut off at any byte: what is read is a whole beginning of it, or said to be broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from router.ledger.chain import open_sqlite_chain
from router.ledger.mac import head_key
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import Anchor, verify
from tests.in_memory import in_memory

SECRET = b"s" * 32
BATCHES = (1, 3, 2)
ENDS = {0, 1, 4, 6}
EXTENTS = [97, pytest.param(1, marks=pytest.mark.assurance)]


@dataclass(frozen=True)
class Cut:
    """A ledger's file and log as bytes, and the head that was acknowledged last."""

    database: bytes
    log: bytes
    head: Anchor
    folder: Path

    def put(self, database: bytes, log: bytes | None) -> SqliteSource:
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        (self.folder / "copy").mkdir()
        path = self.folder / "copy" / "ledger.sqlite"
        path.write_bytes(database)
        if log is not None:
            path.with_name("ledger.sqlite-wal").write_bytes(log)
        return SqliteSource(path)


def write(path: Path) -> Iterator[Receipt]:
    """Batches of records; while this generator waits, the log is not yet in the file."""
    with closing(open_sqlite_chain(path, head_key(SECRET))) as chain:
        for size in BATCHES:
            receipt = chain.append([Record("run", "acme", 1.0, {"n": n}) for n in range(size)])[-1]
            assert isinstance(receipt, Receipt)
        yield receipt


@pytest.fixture(scope="module")
def cut() -> Iterator[Cut]:
    with TemporaryDirectory(dir=in_memory()) as name:
        path = Path(name) / "ledger.sqlite"
        writing = write(path)
        receipt = next(writing)
        database = path.read_bytes()
        log = path.with_name("ledger.sqlite-wal").read_bytes()
        writing.close()
        yield Cut(database, log, Anchor(receipt.seq or 0, str(receipt.hash)), Path(name))


def offsets(length: int, step: int, around: int) -> Iterable[int]:
    """Every `step`-th offset, and those around every `around`-th byte, where frames begin."""
    every = set(range(0, length, step))
    every |= {n + d for n in range(32, length, around) for d in (-1, 0, 1, 23, 24)}
    return sorted(n for n in every if n < length)


@pytest.mark.parametrize("step", EXTENTS)
def test_a_log_cut_off_anywhere_leaves_a_whole_beginning(cut: Cut, step: int) -> None:
    assert verify(cut.put(cut.database, cut.log), SECRET, cut.head).ok
    seen = set()
    for offset in offsets(len(cut.log), step, 4096 + 24):
        source = cut.put(cut.database, cut.log[:offset])
        verdict = verify(source, SECRET)
        # Before its first commit there is no ledger to read; then whole batches or nothing.
        assert verdict.records in (ENDS if verdict.ok else {0}), offset
        assert not verify(source, SECRET, cut.head).ok, offset
        seen.add(verdict.records)
    assert seen == ENDS - {6}


def test_a_log_cut_off_can_be_written_on(cut: Cut) -> None:
    for offset in range(0, len(cut.log), 4096 + 24):
        source = cut.put(cut.database, cut.log[:offset])
        before = verify(source, SECRET).records
        path = cut.folder / "copy" / "ledger.sqlite"
        with closing(open_sqlite_chain(path, head_key(SECRET))) as chain:
            chain.append([Record("run", "acme", 1.0)])
        verdict = verify(source, SECRET)
        assert (verdict.first_bad, verdict.records) == (None, before + 1), offset


@pytest.mark.parametrize("step", EXTENTS)
def test_a_file_cut_off_anywhere_is_found_or_whole(cut: Cut, step: int) -> None:
    path = cut.folder / "ledger.sqlite"
    whole = path.read_bytes()  # Closing put the log into it.
    assert verify(cut.put(whole, None), SECRET, cut.head).ok
    found = 0
    for offset in offsets(len(whole), step, 4096):
        verdict = verify(cut.put(whole[:offset], None), SECRET)
        assert not verdict.ok or verdict.records == 6, offset
        found += not verdict.ok
    assert found > 0


def test_verifying_changes_no_byte(cut: Cut) -> None:
    path = cut.folder / "copy" / "ledger.sqlite"
    assert verify(cut.put(cut.database, cut.log), SECRET, cut.head).ok
    assert path.read_bytes() == cut.database
    assert path.with_name("ledger.sqlite-wal").read_bytes() == cut.log
