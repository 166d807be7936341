"""The ledger from another process: written once, and unavailable is one kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.ledger_remote import RemoteLedger
from deployments.open_home import open_home
from models.errors import LedgerUnavailable
from router.ledger.group import GroupCommit
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify
from tests.wire.local_remote import LocalRemote


@dataclass
class Service:
    """The method of the State deployment, without the deployment."""

    ledger: GroupCommit
    gate: asyncio.Event

    async def append_record(self, record: Record, durable: bool) -> Receipt:
        await self.gate.wait()
        return await self.ledger.append(record, durable=durable)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
async def remote(home: Home) -> AsyncIterator[LocalRemote]:
    gate = asyncio.Event()
    gate.set()
    service = Service(open_ledger(home), gate)
    yield LocalRemote("state", service)
    await asyncio.to_thread(service.ledger.close)


async def test_a_record_goes_there_and_its_receipt_comes_back(
    remote: LocalRemote, home: Home
) -> None:
    ledger = RemoteLedger(remote)
    record = Record("egress.intent", "acme", 1.0, {"model": "chatgpt"})
    receipt = await ledger.append(record, durable=True)
    assert (receipt.id, receipt.seq) == (record.id, 1)
    # Not knowing what became of it, a caller may bring it again.
    assert await ledger.append(record, durable=True) == receipt
    assert verify(SqliteSource(home.ledger), home.pepper()).records == 1


async def test_whatever_keeps_it_from_answering_is_the_ledgers_own_error(
    remote: LocalRemote,
) -> None:
    record = Record("egress.intent", "acme", 1.0)
    remote.down = True
    with pytest.raises(LedgerUnavailable, match="does not answer"):
        await RemoteLedger(remote).append(record, durable=True)
    remote.heal()
    remote.target.gate.clear()
    with pytest.raises(LedgerUnavailable, match="does not answer"):
        await RemoteLedger(remote, seconds=0.01).append(record, durable=True)
    remote.target.gate.set()
    assert (await RemoteLedger(remote).append(record, durable=True)).durable
