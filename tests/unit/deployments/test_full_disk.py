"""A disk that is full: typed errors while it is, nothing lost, and all goes on with space."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployments.assets import Asset, keep_asset
from deployments.backup.make import back_up
from deployments.gate_ledger import OwnLedger
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from models.deadline import Deadline
from models.errors import LedgerUnavailable, SetupError, Unavailable
from models.images import Image
from models.messages import ChatDelta
from models.remote.exchange import Ran
from router.gate.departure import Departures, GateRules, Outgoing
from router.gate.spent import Spent
from router.label import Label, Level
from router.ledger.acts import policy_applied
from router.ledger.group import GroupCommit
from router.store.records import RunRecord
from router.store.state import NewKey, State
from tests.full_disk import full_disk
from tests.unit.deployments.backup.conftest import MADE, SILENT
from tests.unit.retrieval.writing import new_document, new_store
from tests.unit.router.gate.gate_world import CARD, KEYS, NOW, POLICY, payload, sealed


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def ledger(home: Home) -> Iterator[GroupCommit]:
    with closing(open_ledger(home)) as opened:
        opened.note(policy_applied("sha256:0", MADE))
        yield opened


def test_an_act_that_cannot_be_written_down_is_not_done(home: Home, ledger: GroupCommit) -> None:
    state = State.open(home.database, home.pepper(), ledger)
    kept = state.create_key(NewKey("acme"))
    with full_disk(), pytest.raises(LedgerUnavailable):
        state.create_key(NewKey("acme"))
    assert [one.id for one in state.list_keys("acme")] == [kept.id]
    state.create_key(NewKey("acme"))
    assert len(state.list_keys("acme")) == 2


def test_state_without_room_is_a_typed_error(home: Home) -> None:
    state = State.open(home.database, home.pepper())
    run = RunRecord("acme", "r1", "support", "1", "succeeded", MADE, 1.0, Label(Level.INTERNAL))
    with full_disk():
        with pytest.raises(Unavailable):
            state.create_key(NewKey("acme"))
        with pytest.raises(Unavailable):
            state.record_run(run)
        assert state.list_keys() == []
    state.record_run(run)
    assert state.run("acme", "r1").pipeline == "support"


def test_a_document_is_stored_whole_or_not(home: Home) -> None:
    store = new_store(home.collections)
    store.put("kb", new_document("a", "one"))
    with full_disk(), pytest.raises(Unavailable):
        store.put("kb", new_document("b", "two"))
    assert [one.id for one in store.documents("kb")] == ["a"]
    store.put("kb", new_document("b", "two"))
    assert [one.id for one in store.documents("kb")] == ["a", "b"]
    store.close()


def test_a_picture_that_cannot_be_kept_is_told(home: Home) -> None:
    image = Image("image/png", b"\x89PNG")
    asset = Asset(image, "acme", "req", Label(Level.INTERNAL).to_json(), {})
    with full_disk(), pytest.raises(Unavailable, match="Make room"):
        keep_asset(home.assets, asset)
    assert not list(home.assets.rglob("*.p*"))
    assert keep_asset(home.assets, asset).read_bytes() == b"\x89PNG"


def test_a_copy_that_does_not_fit_leaves_nothing(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with full_disk(), pytest.raises(SetupError, match="Free some space"):
        back_up(home, out / "c.zip", now=MADE, environ={}, progress=SILENT)
    assert list(out.iterdir()) == []
    back_up(home, out / "c.zip", now=MADE, environ={}, progress=SILENT)


@dataclass
class Provider:
    """Answers with one word; `sent` counts what left."""

    sent: int = 0

    async def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        self.sent += 1
        yield ChatDelta(text="Fine", finish_reason="stop")

    async def close(self) -> None:
        return None


async def test_nothing_leaves_while_the_gate_cannot_write_it_down(home: Home) -> None:
    ledger, provider = OwnLedger(open_ledger(home)), Provider()
    rules = GateRules(KEYS, POLICY, {CARD.id: CARD}, ())
    gate = Departures(rules, {CARD.id: provider}, ledger, clock=lambda: NOW, spent=Spent(0.0))

    async def ask() -> None:
        token = sealed(payload())
        async for _ in gate.stream(Outgoing(token, payload(), CARD.id, "acme"), Deadline.after(10)):
            continue

    await ask()
    with full_disk():
        with pytest.raises(LedgerUnavailable, match="nothing leaves"):
            await ask()
        assert provider.sent == 1, "what left before the disk was full"
    await ask()
    await ledger.close()
    with closing(sqlite3.connect(home.ledger)) as kept:
        bodies = kept.execute("SELECT body FROM ledger_records").fetchall()
    kinds = Counter(json.loads(body)["kind"] for (body,) in bodies)
    assert (provider.sent, kinds["egress.intent"], kinds["egress.result"]) == (2, 2, 2)
