"""What every ledger must do, whatever it lies in; run each of CHECKS over each implementation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.errors import Conflict, LedgerUnavailable
from router.ledger.chain import SqlChain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.ledger_reader.jsonl_source import JsonlSource, export_lines
from router.ledger_reader.source import Source
from router.ledger_reader.verify import Anchor, Verdict, verify

SECRET = b"s" * 32


@dataclass(frozen=True)
class Subject:
    """An empty ledger: `open` gives one more writer of it, `sql` changes it behind their backs."""

    open: Callable[[bytes], SqlChain]
    source: Source
    sql: Callable[[str], None]
    folder: Path

    def chain(self) -> SqlChain:
        return self.open(head_key(SECRET))

    def verdict(self, anchor: Anchor | None = None) -> Verdict:
        return verify(self.source, SECRET, anchor)


Check = Callable[[Subject], Awaitable[None]]


def some(count: int, start: int = 0) -> list[Record]:
    return [
        Record("run", "acme", 1000.0 + n, {"n": n, "name": "Zoë"}, f"run_{n}", f"req_{n}")
        for n in range(start, start + count)
    ]


async def batches_make_one_chain(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        first = chain.append(some(3))
        second = chain.append(some(2, 3))
    receipts = [one for one in (*first, *second) if isinstance(one, Receipt)]
    assert [one.seq for one in receipts] == [1, 2, 3, 4, 5]
    assert len({one.hash for one in receipts}) == 5
    verdict = subject.verdict(Anchor(3, str(receipts[2].hash)))
    assert verdict.ok and verdict.authenticated and verdict.anchored
    assert verdict.records == 5
    assert verdict.head == Anchor(5, str(receipts[4].hash))


async def a_ledger_goes_on_where_it_was_left(subject: Subject) -> None:
    for n in range(3):
        with closing(subject.chain()) as chain:
            chain.append(some(2, 2 * n))
    assert (subject.verdict().ok, subject.verdict().records) == (True, 6)


async def what_is_brought_twice_is_written_once(subject: Subject) -> None:
    records = some(4)
    with closing(subject.chain()) as chain:
        before = chain.append(records[:3])
        again = chain.append([*records[1:], records[3]])
        assert list(again[:2]) == list(before[1:])
        assert again[2] == again[3]
        other = chain.append([replace(records[0], tenant="other"), *some(1, 9)])
    assert isinstance(other[0], Conflict)
    assert isinstance(other[1], Receipt)
    assert (subject.verdict().ok, subject.verdict().records) == (True, 5)


async def full_segments_are_sealed(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        for start in range(0, 2100, 700):
            chain.append(some(700, start))
    verdict = subject.verdict()
    assert (verdict.ok, verdict.records, verdict.segments) == (True, 2100, 2)


async def racing_writers_leave_no_gap(subject: Subject) -> None:
    def write(writer: int) -> list[object]:
        with closing(subject.chain()) as chain:
            batches = [some(1 + n % 3, 1000 * writer + 10 * n) for n in range(20)]
            return [one for batch in batches for one in chain.append(batch)]

    with ThreadPoolExecutor(3) as pool:
        written = [one for receipts in pool.map(write, range(3)) for one in receipts]
    seqs = sorted(one.seq or 0 for one in written if isinstance(one, Receipt))
    assert len(seqs) == len(written)
    assert seqs == list(range(1, len(seqs) + 1))
    assert (subject.verdict().ok, subject.verdict().records) == (True, len(seqs))


async def another_secret_may_not_write_on(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        chain.append(some(2))
    stranger = subject.open(head_key(b"x" * 32))
    with closing(stranger), pytest.raises(LedgerUnavailable, match="secret"):
        stranger.append(some(1, 5))
    assert (subject.verdict().ok, subject.verdict().records) == (True, 2)
    assert not verify(subject.source, b"x" * 32).ok


async def a_chain_whose_end_was_cut_off_is_not_written_on(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        chain.append(some(3))
        subject.sql("DELETE FROM ledger_records WHERE seq = 3")
    with closing(subject.chain()) as chain, pytest.raises(LedgerUnavailable, match="verify"):
        chain.append(some(1, 5))


async def changes_behind_its_back_are_found(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        chain.append(some(4))
    assert subject.verdict().ok
    changes = {
        "UPDATE ledger_records SET body = replace(body, 'acme', 'evil') WHERE seq = 2": 2,
        "UPDATE ledger_records SET id = 'rec_x' WHERE seq = 3": 2,
        "UPDATE ledger_records SET hash = 'x' WHERE seq = 1": 1,
        "DELETE FROM ledger_records WHERE seq = 2": 1,
        "DELETE FROM ledger_head": 0,
    }
    for change, seq in changes.items():
        subject.sql(change)
        verdict = subject.verdict()
        assert verdict.first_bad is not None, change
        assert verdict.first_bad.seq == seq, change


async def writers_that_wait_share_commits(subject: Subject) -> None:
    ledger = GroupCommit(subject.chain())
    buffered = await ledger.append(some(1)[0], durable=False)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ledger.append(one, durable=True)) for one in some(100, 1)]
    await asyncio.to_thread(ledger.close)
    assert not buffered.durable
    # In the order of the calls, the one that nobody waited for first.
    assert [task.result().seq for task in tasks] == list(range(2, 102))
    assert (subject.verdict().ok, subject.verdict().records) == (True, 101)


async def an_export_verifies_as_the_ledger_does(subject: Subject) -> None:
    with closing(subject.chain()) as chain:
        chain.append(some(1030))
    file = subject.folder / "export.jsonl"
    with subject.source.open() as snapshot:
        file.write_text("".join(f"{json.dumps(line)}\n" for line in export_lines(snapshot)))
    assert verify(JsonlSource(file), SECRET) == subject.verdict()
    assert verify(JsonlSource(file), SECRET).segments == 1


CHECKS: tuple[Check, ...] = (
    batches_make_one_chain,
    a_ledger_goes_on_where_it_was_left,
    what_is_brought_twice_is_written_once,
    full_segments_are_sealed,
    racing_writers_leave_no_gap,
    another_secret_may_not_write_on,
    a_chain_whose_end_was_cut_off_is_not_written_on,
    changes_behind_its_back_are_found,
    writers_that_wait_share_commits,
    an_export_verifies_as_the_ledger_does,
)
