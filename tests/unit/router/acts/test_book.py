"""The book of acts: people's word in the ledger first, each act once, nothing across tenants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from models.errors import Conflict, LedgerUnavailable, NotFound
from router.acts.act import Act, digest_of
from router.acts.book import ActBook
from router.label import Label, Level
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.records import RunRecord, StepRecord
from router.store.sql_acts import SqlActStore
from router.store.sql_runs import SqlRunStore

ARGUMENTS = {"customer": "C-1042", "note": "canary"}


@dataclass
class Journal:
    """An AdminLog in memory."""

    records: list[Record] = field(default_factory=list)
    failing: bool = False

    def note(self, record: Record) -> Receipt:
        if self.failing:
            raise LedgerUnavailable("The ledger can't be written.")
        self.records.append(record)
        return Receipt(record.id, len(self.records), "0" * 64)

    def words(self) -> list[str]:
        return [str(one.fields.get("act", one.kind)) for one in self.records]


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = open_sqlite(tmp_path / "state.sqlite")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(engine: Engine, journal: Journal, clock: Clock) -> ActBook:
    return ActBook(SqlActStore(engine), journal, clock)


def act(id: str = "act-1", needed: int = 1, **more: Any) -> Act:
    label = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
    return replace(
        Act(id, "acme", f"run-{id}", "file", "crm_write", ARGUMENTS, label,
            digest_of("crm_write", ARGUMENTS), needed, 1_000.0, 2_000.0, "policy", "asker"),
        **more,
    )  # fmt: skip


def test_an_act_outlives_a_restart_and_is_done_once(
    engine: Engine, book: ActBook, journal: Journal, clock: Clock
) -> None:
    book.ask(act())
    again = ActBook(SqlActStore(engine), journal, clock)
    assert again.act("acme", "act-1") == act()
    agreed = again.approve("acme", "act-1", "officer", 1)
    assert agreed.status == "approved" and agreed.arguments == ARGUMENTS
    assert again.begin(agreed) and not book.begin(agreed)
    again.end(agreed, "done")
    ended = book.act("acme", "act-1")
    assert (ended.status, ended.arguments, ended.digest) == ("done", None, act().digest)
    with pytest.raises(Conflict):
        book.approve("acme", "act-1", "officer", 1)
    assert journal.words() == ["act_asked", "act_approved", "act.intent", "act.result"]
    assert "canary" not in repr(journal.records)


def test_the_same_key_counts_once_and_two_are_two(book: ActBook) -> None:
    book.ask(act(needed=2))
    for _ in range(3):
        assert book.approve("acme", "act-1", "asker", 1).status == "waiting"
    assert book.approve("acme", "act-1", "officer", 1).status == "approved"


def test_a_stricter_policy_asks_for_more_people(book: ActBook) -> None:
    book.ask(act(needed=1))
    assert book.approve("acme", "act-1", "first", 2).status == "waiting"
    assert book.approve("acme", "act-1", "second", 2).status == "approved"


def test_nothing_counts_that_the_ledger_does_not_hold(book: ActBook, journal: Journal) -> None:
    book.ask(act())
    journal.failing = True
    for said in (
        lambda: book.ask(act("act-2")),
        lambda: book.approve("acme", "act-1", "officer", 1),
        lambda: book.reject("acme", "act-1", "officer"),
        lambda: book.begin(act("act-3", needed=0)),
    ):
        with pytest.raises(LedgerUnavailable):
            said()
    assert book.act("acme", "act-1") == act()
    assert [one.id for one in book.listed("acme") if one.status == "waiting"] == ["act-1"]
    journal.failing = False
    agreed = book.approve("acme", "act-1", "officer", 1)
    journal.failing = True
    with pytest.raises(LedgerUnavailable):
        book.begin(agreed)
    assert book.act("acme", "act-1").status == "approved"


def test_time_ends_what_waits(book: ActBook, clock: Clock) -> None:
    book.ask(act())
    clock.now = 1_999.0
    assert book.act("acme", "act-1").status == "waiting"
    clock.now = 2_000.0
    for said in (book.approve, lambda *given: book.reject(*given[:3])):
        with pytest.raises(Conflict):
            said("acme", "act-1", "officer", 1)
    assert book.left_over(0.0) == []
    assert book.listed("acme")[0].status == "expired"
    assert book.act("acme", "act-1").arguments is None


def test_what_was_refused_is_never_done(book: ActBook) -> None:
    book.ask(act())
    assert book.reject("acme", "act-1", "officer").status == "rejected"
    with pytest.raises(Conflict):
        book.approve("acme", "act-1", "officer", 1)
    assert not book.begin(act())


def test_another_tenant_finds_nothing(book: ActBook) -> None:
    book.ask(act())
    asked: tuple[Callable[[str], Any], ...] = (
        lambda who: book.act(who, "act-1"),
        lambda who: book.approve(who, "act-1", "spy", 1),
        lambda who: book.reject(who, "act-1", "spy"),
    )
    for said in asked:
        with pytest.raises(NotFound):
            said("other")
    assert book.listed("other") == [] and len(book.listed("acme")) == 1
    assert book.act("acme", "act-1").approvals == ()
    assert asked[0]("acme").id == "act-1"


def test_of_many_who_come_at_once_one_does_it(book: ActBook) -> None:
    book.ask(act())
    agreed = book.approve("acme", "act-1", "officer", 1)
    start, won = threading.Barrier(8), []

    def race() -> None:
        start.wait()
        won.append(book.begin(agreed))

    racers = [threading.Thread(target=race) for _ in range(8)]
    for one in racers:
        one.start()
    for one in racers:
        one.join()
    assert sorted(won) == [False] * 7 + [True]


def test_what_was_begun_and_never_ended_is_found_later(book: ActBook, clock: Clock) -> None:
    book.ask(act())
    book.begin(book.approve("acme", "act-1", "officer", 1))
    assert book.left_over(60.0) == []
    clock.now += 61.0
    [left] = book.left_over(60.0)
    assert (left.status, left.arguments) == ("acting", ARGUMENTS)


@pytest.mark.parametrize(("end", "run", "step"), [("done", "succeeded", "succeeded"),
                                                  ("failed", "partial", "failed")])  # fmt: skip
@pytest.mark.parametrize("run_first", [True, False])
def test_a_run_ends_with_its_last_act(
    engine: Engine, book: ActBook, end: Any, run: str, step: str, run_first: bool
) -> None:
    runs = SqlRunStore(engine)
    record = RunRecord("acme", "run-act-1", "trial", "1", "waiting", 1.0, 1.0, Label(),
                       steps=(StepRecord("file", "waiting", 0.0, 1.0),))  # fmt: skip
    book.ask(act())
    if run_first:
        runs.save(record)
        found = runs.find("acme", "run-act-1")
        assert found is not None and found.status == "waiting"
    agreed = book.approve("acme", "act-1", "officer", 1)
    assert book.begin(agreed)
    book.end(agreed, end)
    if not run_first:
        runs.save(record)
    found = runs.find("acme", "run-act-1")
    assert found is not None
    assert (found.status, found.steps[0].status) == (run, step)
