"""Many records of one process go to State in few calls; nobody goes on before theirs is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from deployments.ledger_line import LedgerLine
from models.deadline import Deadline
from models.errors import LedgerUnavailable, ModelUnavailable, PodiumError
from router.ledger.port import Receipt
from router.ledger.record import Kind, Record


@dataclass
class State:
    """A Remote that keeps what it is given; `down` loses the answer, `gate` holds it back."""

    name: str = "state"
    down: bool = False
    refuses: PodiumError | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[list[Any]] = field(default_factory=list)
    written: list[Any] = field(default_factory=list)

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Sequence[Any]:
        assert method == "append_records"
        batch = args[0]
        numbers = [record.fields["n"] for record, _ in batch]
        self.calls.append(numbers)
        await self.gate.wait()
        if self.down:
            raise ModelUnavailable("State is not answering now.")
        if self.refuses is not None:
            return [self.refuses] * len(batch)
        self.written += numbers
        self.asked.set()
        return [Receipt(record.id, 1 if durable else None) for record, durable in batch]

    def stream(self, method: str, *args: object, deadline: Deadline) -> Any:
        raise NotImplementedError


@pytest.fixture
def state() -> State:
    made = State()
    made.gate.set()
    return made


def record(n: int, kind: Kind = "egress.result") -> Record:
    return Record(kind, "acme", 1.0, {"n": n})


async def test_a_durable_record_is_there_when_the_call_returns(state: State) -> None:
    receipt = await LedgerLine(state).append(record(1), durable=True)
    assert receipt.durable
    assert state.written == [1]


async def test_an_intent_waits_whatever_is_asked(state: State) -> None:
    receipt = await LedgerLine(state).append(record(1, "egress.intent"), durable=False)
    assert receipt.durable


async def test_nobody_waits_for_a_result_and_it_comes_all_the_same(state: State) -> None:
    state.gate.clear()
    line = LedgerLine(state)
    assert not (await line.append(record(1), durable=False)).durable
    assert state.written == []
    state.gate.set()
    await line.close()
    assert state.written == [1]


async def test_a_result_is_sent_without_anyone_asking_again(state: State) -> None:
    await LedgerLine(state).append(record(1), durable=False)
    async with asyncio.timeout(5):
        await state.asked.wait()
    assert state.written == [1]


async def test_those_that_come_during_two_calls_share_the_next(state: State) -> None:
    state.gate.clear()
    line = LedgerLine(state)
    async with asyncio.TaskGroup() as group:
        for n in range(2):
            group.create_task(line.append(record(n), durable=True))
            await asyncio.sleep(0.001)
        for n in range(2, 8):
            group.create_task(line.append(record(n), durable=n % 2 == 0))
        await asyncio.sleep(0.001)
        assert state.calls == [[0], [1]]
        state.gate.set()
    await line.close()
    assert sorted(state.written) == list(range(8))
    assert state.calls[2] == list(range(2, 8))


async def test_who_waits_is_told_that_state_is_down_and_results_are_kept(state: State) -> None:
    state.down = True
    line = LedgerLine(state)
    await line.append(record(1), durable=False)
    with pytest.raises(LedgerUnavailable, match="does not answer"):
        await line.append(record(2), durable=True)
    assert state.written == []
    state.down = False
    await line.append(record(3), durable=True)
    # The intent that was refused is not written: what it records did not happen.
    assert state.written == [1, 3]


async def test_what_the_ledger_refuses_reaches_who_waits(state: State) -> None:
    state.refuses = LedgerUnavailable("The ledger can't be written (SQLITE_FULL).")
    line = LedgerLine(state)
    await line.append(record(1), durable=False)
    with pytest.raises(LedgerUnavailable, match="SQLITE_FULL"):
        await line.append(record(2), durable=True)
    state.refuses = None
    await line.close()
    assert state.written == [1]


async def test_no_answer_in_time_is_the_ledgers_own_error(state: State) -> None:
    state.gate.clear()
    with pytest.raises(LedgerUnavailable, match="does not answer"):
        await LedgerLine(state, seconds=0.01).append(record(1), durable=True)


async def test_an_intent_whose_caller_left_the_line_is_not_sent(state: State) -> None:
    state.gate.clear()
    line = LedgerLine(state)
    first = []
    for n in range(2):
        first.append(asyncio.create_task(line.append(record(n), durable=True)))
        await asyncio.sleep(0.001)
    waits = [asyncio.create_task(line.append(record(n), durable=True)) for n in (2, 3)]
    await asyncio.sleep(0.001)
    waits[0].cancel()
    state.gate.set()
    await asyncio.wait([*first, waits[1]])
    assert 3 in state.written
    assert 2 not in state.written


async def test_a_full_line_takes_no_more(state: State) -> None:
    state.down = True
    line = LedgerLine(state, room=2)
    for n in range(2):
        await line.append(record(n), durable=False)
    with pytest.raises(LedgerUnavailable):
        await line.append(record(2), durable=False)
