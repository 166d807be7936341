"""Where the gate writes what leaves: into the file beside State, or through State."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployments.gate_ledger import gate_ledger
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from models.deadline import Deadline
from models.errors import ModelUnavailable
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify

HERE, ELSEWHERE = "node-1", "node-2"


@dataclass
class State:
    """A Remote that says where it writes, and takes records; `down` keeps it from saying."""

    node: str | None = HERE
    down: bool = False
    name: str = "state"
    written: list[Record] = field(default_factory=list)

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        if method == "ledger_node":
            if self.down:
                raise ModelUnavailable("State is not answering now.")
            return self.node
        batch: Sequence[tuple[Record, bool]] = args[0]
        self.written += [record for record, _ in batch]
        return [Receipt(record.id, 1) for record, _ in batch]

    def stream(self, method: str, *args: object, deadline: Deadline) -> Any:
        raise NotImplementedError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def intent(n: int) -> Record:
    return Record("egress.intent", "acme", 1.0, {"n": n})


def in_file(home: Home) -> list[int]:
    if not home.ledger.exists():
        return []
    with closing(sqlite3.connect(home.ledger)) as connection:
        rows = connection.execute("SELECT body FROM ledger_records ORDER BY seq").fetchall()
    return [json.loads(body)["fields"]["n"] for (body,) in rows]


async def test_beside_state_an_intent_is_in_the_file_when_the_call_returns(home: Home) -> None:
    state = State()
    ledger = await gate_ledger(state, home, HERE)
    receipt = await ledger.append(intent(1), durable=True)
    assert (receipt.durable, in_file(home), state.written) == (True, [1], [])
    await ledger.close()


async def test_closing_writes_what_nobody_waits_for(home: Home) -> None:
    ledger = await gate_ledger(State(), home, HERE)
    await ledger.append(Record("egress.result", "acme", 1.0, {"n": 2}), durable=False)
    await ledger.close()
    assert in_file(home) == [2]


@pytest.mark.parametrize(
    "state", [State(ELSEWHERE), State(None), State(down=True)], ids=["elsewhere", "server", "down"]
)
async def test_else_state_writes_it(home: Home, state: State) -> None:
    ledger = await gate_ledger(state, home, HERE)
    await ledger.append(intent(1), durable=True)
    assert ([record.fields["n"] for record in state.written], in_file(home)) == ([1], [])
    await ledger.close()


async def test_gate_and_state_write_one_chain(home: Home) -> None:
    own = await gate_ledger(State(), home, HERE)
    with closing(open_ledger(home)) as states:

        async def both(n: int) -> None:
            await own.append(intent(n), durable=True)
            await states.append(intent(-n), durable=True)

        async with asyncio.TaskGroup() as group:
            for n in range(1, 40):
                group.create_task(both(n))
    await own.close()
    assert sorted(in_file(home)) == sorted([*range(-39, 0), *range(1, 40)])
    found = verify(SqliteSource(home.ledger), home.pepper())
    assert (found.ok, found.records) == (True, 78)
