"""A clock that is moved: what must go by the time of day does, and nothing else is upset."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from models.errors import AuthenticationFailed
from router.ledger.chain import open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.record import Record
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import NewKey, State

SECRET = b"s" * 32
DAY_S = 86_400.0


def test_a_key_expires_by_the_time_of_day_in_both_directions(tmp_path: Path) -> None:
    engine, now = open_sqlite(tmp_path / "state.sqlite"), [1_790_000_000.0]
    upgrade(engine)
    state = State(SqlKeyStore(engine), SqlRunStore(engine), SECRET, clock=lambda: now[0])
    key = str(state.create_key(NewKey("acme", expires=now[0] + DAY_S)))
    for moved, good in ((0.0, True), (2 * DAY_S, False), (-400 * DAY_S, True)):
        now[0] = 1_790_000_000.0 + moved
        if good:
            assert state.verify(key).tenant == "acme"
        else:
            with pytest.raises(AuthenticationFailed):
                state.verify(key)
    engine.dispose()


def test_a_ledger_holds_whatever_the_clock_says_for_its_order_is_its_own(tmp_path: Path) -> None:
    path, key = tmp_path / "ledger.sqlite", head_key(SECRET)
    with closing(GroupCommit(open_sqlite_chain(path, key))) as ledger:
        for at in (1_790_000_000.0, 1_890_000_000.0, 1.0, 1_790_000_001.0):
            ledger.note(Record("admin", "acme", at, {"act": "key_created", "key_id": "k"}))
    verdict = verify(SqliteSource(path), SECRET, None)
    assert (verdict.ok, verdict.authenticated, verdict.records) == (True, True, 4)
