"""Acts on keys and limits stand in the ledger before they are done."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from models.errors import LedgerUnavailable, NotFound
from router.budget import usd_budget
from router.key_limits import KeyLimits
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import NewKey, State


class Journal:
    """An AdminLog in memory that sees what the store held when it was written."""

    def __init__(self, engine: Engine) -> None:
        self.keys = SqlKeyStore(engine)
        self.records: list[Record] = []
        self.keys_before: list[int] = []
        self.failing = False

    def note(self, record: Record) -> Receipt:
        if self.failing:
            raise LedgerUnavailable("The ledger can't be written.")
        self.records.append(record)
        self.keys_before.append(sum(key.revoked is None for key in self.keys.find()))
        return Receipt(record.id, len(self.records), "0" * 64)


@pytest.fixture
def journal(engine: Engine) -> Journal:
    return Journal(engine)


@pytest.fixture
def noted(engine: Engine, journal: Journal) -> State:
    return State(SqlKeyStore(engine), SqlRunStore(engine), b"p" * 32, admin=journal)


def acts(journal: Journal) -> list[object]:
    return [record.fields["act"] for record in journal.records]


def test_each_act_is_written_before_it_is_done(noted: State, journal: Journal) -> None:
    first = noted.first_key()
    assert first is not None
    key = noted.create_key(NewKey("acme", name="a name"))
    noted.revoke_key("acme", key.id)
    noted.limit_tenant("acme", KeyLimits(rpm=5, budgets=(usd_budget("50/day"),)))
    assert acts(journal) == ["key_created", "key_created", "key_revoked", "tenant_limited"]
    assert journal.keys_before == [0, 1, 2, 1]
    assert journal.records[1].fields == {
        "act": "key_created", "key_id": key.id, "scopes": ["infer", "read"], "floor": "INTERNAL",
        "expires": None,
    }  # fmt: skip
    assert journal.records[3].fields["budgets"] == [["usd", "day", "50000000000"]]
    # Presence first: the secret is text that would be found.
    assert key.secret in str(key)
    assert key.secret not in repr(journal.records)


def test_what_cannot_be_written_down_is_not_done(noted: State, journal: Journal) -> None:
    key = noted.create_key(NewKey("acme"))
    journal.failing = True
    with pytest.raises(LedgerUnavailable):
        noted.create_key(NewKey("acme"))
    with pytest.raises(LedgerUnavailable):
        noted.revoke_key("acme", key.id)
    with pytest.raises(LedgerUnavailable):
        noted.limit_tenant("acme", KeyLimits(rpm=5))
    assert [one.revoked for one in noted.list_keys()] == [None]
    assert noted.tenant_limits() == {}


def test_what_then_did_not_happen_is_written_down(noted: State, journal: Journal) -> None:
    assert noted.first_key() is not None
    assert noted.first_key() is None
    assert acts(journal) == ["key_created", "key_created", "not_done"]
    assert journal.records[2].fields["of"] == journal.records[1].id


def test_an_unknown_key_leaves_no_record(noted: State, journal: Journal) -> None:
    with pytest.raises(NotFound):
        noted.revoke_key("acme", "x" * 5000)
    assert journal.records == []
