"""Group commit: who waits, who shares, in which order, and what happens when the disk is full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from models.errors import LedgerUnavailable
from router.ledger.group import GroupCommit
from router.ledger.line import Line
from router.ledger.port import Receipt
from router.ledger.record import Kind, Record
from tests.unit.router.ledger.chains import Moody, no_space

LONG = 3600.0


def record(n: int, kind: Kind = "run") -> Record:
    return Record(kind, "acme", 1.0, {"n": n})


@pytest.fixture
def chain() -> Moody:
    return Moody()


@pytest.fixture
def ledger(chain: Moody) -> Iterator[GroupCommit]:
    made = GroupCommit(chain, line=Line(gather=LONG, retry=LONG), clock=lambda: 50.0)
    yield made
    chain.gate.set()
    made.close()


async def tried(chain: Moody) -> None:
    """Until the writer has come to the chain once more."""
    await asyncio.to_thread(chain.tried.acquire)


def numbers(chain: Moody) -> list[object]:
    return [one.fields.get("n", one.kind) for one in chain.written]


async def test_a_durable_record_is_written_when_the_call_returns(
    ledger: GroupCommit, chain: Moody
) -> None:
    receipt = await ledger.append(record(1), durable=True)
    assert (receipt.seq, receipt.durable, numbers(chain)) == (1, True, [1])


@pytest.mark.parametrize("kind", ["egress.intent", "declassification", "admin"])
async def test_some_kinds_wait_whatever_is_asked(
    ledger: GroupCommit, chain: Moody, kind: Kind
) -> None:
    assert not (await ledger.append(record(1), durable=False)).durable
    assert (await ledger.append(record(2, kind), durable=False)).durable
    assert numbers(chain) == [1, 2]


async def test_those_that_come_during_a_commit_share_the_next(
    ledger: GroupCommit, chain: Moody
) -> None:
    chain.gate.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(ledger.append(record(0), durable=True))
        await tried(chain)
        for n in range(1, 8):
            group.create_task(ledger.append(record(n), durable=n % 2 == 0))
        await asyncio.sleep(0)
        chain.gate.set()
    assert chain.batches == [1, 7]
    await ledger.append(record(8), durable=True)
    assert numbers(chain) == list(range(9))


async def test_buffered_records_gather_for_a_moment_only(chain: Moody) -> None:
    ledger = GroupCommit(chain, line=Line(gather=0.0))
    await ledger.append(record(1), durable=False)
    await tried(chain)
    await asyncio.to_thread(ledger.close)
    assert numbers(chain) == [1]


async def test_a_thread_may_wait_too(ledger: GroupCommit, chain: Moody) -> None:
    assert (await asyncio.to_thread(ledger.note, record(1, "admin"))).seq == 1
    chain.failing = no_space()
    with pytest.raises(LedgerUnavailable):
        await asyncio.to_thread(ledger.note, record(2, "admin"))
    assert numbers(chain) == [1]


async def test_a_writer_that_went_away_stops_nobody(ledger: GroupCommit, chain: Moody) -> None:
    chain.gate.clear()
    gone = asyncio.create_task(ledger.append(record(1), durable=True))
    await tried(chain)
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    chain.gate.set()
    assert (await ledger.append(record(2), durable=True)).seq == 2


async def test_a_full_disk_refuses_and_says_so_and_recovers(
    ledger: GroupCommit, chain: Moody
) -> None:
    await ledger.append(record(1), durable=False)
    chain.failing = no_space()
    with pytest.raises(LedgerUnavailable) as refused:
        await ledger.append(record(2), durable=True)
    assert refused.value.status == 503
    assert "SQLITE_FULL" in refused.value.message
    assert not ledger.health.ok
    for n, durable in ((3, False), (4, True)):
        with pytest.raises(LedgerUnavailable):
            await ledger.append(record(n), durable=durable)
    chain.failing = None
    await ledger.append(record(5), durable=True)
    assert ledger.health.ok
    await ledger.append(record(6), durable=True)
    # What was taken before the disk was full is there, in order; what was refused is not.
    assert numbers(chain) == [1, 5, "alarm", 6]
    alarm = chain.written[2].fields
    assert (alarm["what"], alarm["since"], alarm["refused"]) == ("ledger_unavailable", 50.0, 2)


async def test_kept_records_are_tried_again_by_themselves(chain: Moody) -> None:
    ledger = GroupCommit(chain, line=Line(gather=0.0, retry=0.0))
    chain.failing = no_space()
    await ledger.append(record(1), durable=False)
    await tried(chain)
    await tried(chain)
    assert numbers(chain) == []
    chain.failing = None
    while not chain.written:
        await tried(chain)
    await asyncio.to_thread(ledger.close)
    assert numbers(chain) == [1, "alarm"]


async def test_all_that_wait_are_refused_not_only_the_first_batch(chain: Moody) -> None:
    ledger = GroupCommit(chain, line=Line(gather=LONG, retry=LONG, most=2))
    chain.gate.clear()
    chain.failing = no_space()
    tasks = [asyncio.create_task(ledger.append(record(n), durable=True)) for n in range(9)]
    await tried(chain)
    chain.gate.set()
    done = await asyncio.wait_for(asyncio.wait(tasks), 60)
    assert all(isinstance(task.exception(), LedgerUnavailable) for task in done[0])
    await asyncio.to_thread(ledger.close)


async def test_a_fault_of_the_writers_own_refuses_as_well(
    ledger: GroupCommit, chain: Moody
) -> None:
    chain.failing = ZeroDivisionError("something with content")
    with pytest.raises(LedgerUnavailable) as refused:
        await ledger.append(record(1), durable=True)
    assert "content" not in refused.value.message
    chain.failing = None
    assert (await ledger.append(record(2), durable=True)).seq == 1


async def test_the_line_has_an_end(chain: Moody) -> None:
    ledger = GroupCommit(chain, line=Line(gather=LONG, retry=LONG, room=3))
    for n in range(3):
        await ledger.append(record(n), durable=False)
    with pytest.raises(LedgerUnavailable, match="More is to be recorded"):
        await ledger.append(record(3), durable=False)
    await asyncio.to_thread(ledger.close)
    assert numbers(chain) == [0, 1, 2]


async def test_closing_writes_what_is_in_line_and_takes_nothing_more(chain: Moody) -> None:
    ledger = GroupCommit(chain, line=Line(gather=LONG, retry=LONG))
    await ledger.append(record(1), durable=False)
    await asyncio.to_thread(ledger.close)
    assert (numbers(chain), chain.closed) == ([1], True)
    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.append(record(2), durable=True)


async def test_closing_over_a_full_disk_ends(
    chain: Moody, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = GroupCommit(chain, line=Line(gather=LONG, retry=LONG))
    chain.failing = no_space()
    await ledger.append(record(1), durable=False)
    await asyncio.to_thread(ledger.close)
    assert "records unwritten" in caplog.text


async def test_a_batch_of_another_process_shares_one_commit(
    ledger: GroupCommit, chain: Moody
) -> None:
    batch = [(record(1, "egress.result"), False), (record(2, "egress.intent"), False)]
    outcomes = await ledger.append_all([*batch, (record(3), True)])
    assert [one.durable for one in outcomes if isinstance(one, Receipt)] == [False, True, True]
    assert (chain.batches, numbers(chain)) == ([3], [1, 2, 3])


async def test_of_a_batch_that_cannot_be_written_everyone_is_told(
    ledger: GroupCommit, chain: Moody
) -> None:
    chain.failing = no_space()
    outcomes = await ledger.append_all([(record(1), False), (record(2), True)])
    assert [type(one) for one in outcomes] == [Receipt, LedgerUnavailable]
    # The first was taken and is kept; while nothing can be written no more of its sort are.
    outcomes = await ledger.append_all([(record(3), False), (record(4), True)])
    assert [type(one) for one in outcomes] == [LedgerUnavailable, LedgerUnavailable]
    chain.failing = None
    outcomes = await ledger.append_all([(record(5), False), (record(6), True)])
    assert [type(one) for one in outcomes] == [LedgerUnavailable, Receipt]
    assert [n for n in numbers(chain) if n != "alarm"] == [1, 6]
