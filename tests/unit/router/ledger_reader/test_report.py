"""What left: every way an intent can end, by period and destination, and when nothing did."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from models.messages import Lowering
from router.label import Label, Level
from router.ledger import egress
from router.ledger.chain import open_sqlite_chain
from router.ledger.declassification import declassification
from router.ledger.egress import Intent
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.record import Record
from router.ledger_reader.report import Period, Report, report
from router.ledger_reader.sqlite_source import SqliteSource

SECRET = b"s" * 32
INTENT = Intent(
    "acme", "run_1", "req_1", "dec_1", "openai", "chatgpt", "openai", "draft",
    {"level": "PUBLIC"}, "sha256:p", "hmac-sha256:m", 100, {"token_id": "tok_1"},
)  # fmt: skip

BEFORE = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
LOWERING = Lowering("pseudonyms", BEFORE.to_json(), (("EMAIL", 2),))


class World:
    """A ledger in a file, written by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"

    def write(self, *records: Record) -> None:
        with closing(open_sqlite_chain(self.path, head_key(SECRET))) as chain:
            chain.append(records)

    def egress(self, at: float, *statuses: egress.Outcome, later: float = 1.0) -> None:
        async def leave() -> None:
            ledger = GroupCommit(open_sqlite_chain(self.path, head_key(SECRET)))
            intent = await egress.intent(ledger, INTENT, at)
            for status in statuses:
                await egress.result(ledger, intent, status, INTENT, at + later, {"http": 200})
            await asyncio.to_thread(ledger.close)

        asyncio.run(leave())

    def report(self, start: float | None = None, end: float | None = None) -> Report:
        return report(SqliteSource(self.path), Period(start, end), SECRET)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.write(Record("run", "acme", 10.0), Record("decision", "acme", 11.0))
    return world


def test_nothing_left_is_a_statement_with_counts(world: World) -> None:
    told = world.report(0.0, 100.0)
    assert (told.ok, told.left, told.records) == (True, False, 2)
    assert told.statement == (
        "Nothing left from 1970-01-01T00:00:00.000+00:00 until 1970-01-01T00:01:40.000+00:00: "
        "0 intents to send, 0 of them failed; 2 records in the period, 2 in the whole ledger, "
        "verified up to record 2."
    )
    world.egress(50.0, "sent")
    assert world.report(0.0, 100.0).left


def test_what_left_is_told_with_destination_label_and_decision(world: World) -> None:
    world.egress(50.0, "sent")
    told = world.report()
    (row,) = told.as_dict()["egress"]
    assert row == {
        "at": "1970-01-01T00:00:50.000+00:00", "seq": 3, "tenant": "acme", "run_id": "run_1",
        "request_id": "req_1", "decision_id": "dec_1", "provider": "openai", "model": "chatgpt",
        "site": "openai", "step": "draft", "label": {"level": "PUBLIC"},
        "policy_digest": "sha256:p", "payload_mac": "hmac-sha256:m", "bytes": 100,
        "declassification": None, "status": "sent",
    }  # fmt: skip
    assert told.destinations() == [
        {"provider": "openai", "model": "chatgpt", "site": "openai", "intents": 1, "sent": 1,
         "failed": 0, "unknown": 0, "bytes": 100}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "told", "left"),
    [
        (("sent",), "sent", True),
        (("failed",), "failed", False),
        (("unknown",), "unknown", True),
        ((), "unknown", True),
        (("failed", "sent"), "sent", True),
        (("failed", "unknown"), "unknown", True),
    ],
)
def test_the_worst_result_counts_and_none_is_unknown(
    world: World, statuses: tuple[egress.Outcome, ...], told: str, left: bool
) -> None:
    world.egress(50.0, *statuses)
    found = world.report()
    assert [one["status"] for one in found.egress] == [told]
    assert (found.left, found.as_dict()["left"]) == (left, left)
    assert found.statement.startswith("Nothing left") is not left


def test_an_intent_counts_in_the_period_of_its_result_too(world: World) -> None:
    world.egress(50.0, "sent", later=100.0)
    assert [world.report(start, start + 40.0).left for start in (0.0, 20.0, 60.0, 120.0)] == [
        *(False, True, False, True)
    ]
    assert not world.report(0.0, 50.0).left
    assert world.report(50.0, 51.0).left


def test_a_result_without_an_intent_makes_every_count_worthless(world: World) -> None:
    assert world.report().ok
    fields = {"intent": "rec_none", "status": "failed"}
    world.write(Record("egress.result", "acme", 12.0, fields))
    told = world.report()
    assert (told.ok, told.strays, told.as_dict()["left"]) == (False, (3,), None)
    assert told.statement.startswith("Nothing can be said: 1 records")


def test_a_ledger_that_does_not_hold_says_nothing(world: World) -> None:
    assert world.report().ok
    told = report(SqliteSource(world.path), Period(), b"x" * 32)
    assert (told.ok, told.egress, told.as_dict()["left"]) == (False, (), None)
    assert told.statement.startswith("Nothing can be said: the ledger does not hold (record 0")
    missing = report(SqliteSource(world.path.with_name("none")), Period())
    assert (missing.ok, missing.as_dict()["left"]) == (False, None)


def test_extra_facts_cannot_change_what_an_intent_says(world: World) -> None:
    lying = replace(INTENT, extra={"model": "local", "bytes": 0})

    async def leave() -> None:
        ledger = GroupCommit(open_sqlite_chain(world.path, head_key(SECRET)))
        await egress.intent(ledger, lying, 50.0)
        await asyncio.to_thread(ledger.close)

    asyncio.run(leave())
    assert [(one["model"], one["bytes"]) for one in world.report().egress] == [("chatgpt", 100)]


def test_a_lowered_label_is_told_with_what_it_was_and_what_it_was_for(world: World) -> None:
    lowered = declassification(LOWERING, INTENT, 49.0)
    named = replace(INTENT, extra={"declassification": lowered.id})

    async def leave() -> None:
        ledger = GroupCommit(open_sqlite_chain(world.path, head_key(SECRET)))
        await ledger.append(lowered, durable=True)
        await egress.intent(ledger, named, 50.0)
        await asyncio.to_thread(ledger.close)

    asyncio.run(leave())
    told = world.report(0.0, 100.0)
    (one,) = told.as_dict()["declassified"]
    assert told.ok and told.verdict.ok
    assert (one["declassifier"], one["counts"]) == ("pseudonyms", {"EMAIL": 2})
    assert one["label_before"]["categories"] == ["pii"] and one["label_after"]["level"] == "PUBLIC"
    assert told.egress[0]["declassification"] == one["id"] == lowered.id
    assert "1 labels lowered" in told.statement
    assert world.report(60.0, 100.0).declassified == ()


def test_an_intent_whose_lowering_is_not_there_makes_the_report_say_nothing(world: World) -> None:
    named = replace(INTENT, extra={"declassification": "rec_gone"})

    async def leave() -> None:
        ledger = GroupCommit(open_sqlite_chain(world.path, head_key(SECRET)))
        await egress.intent(ledger, named, 50.0)
        await asyncio.to_thread(ledger.close)

    assert world.report().ok
    asyncio.run(leave())
    told = world.report()
    assert (told.ok, told.strays) == (False, (3,))
    assert "Nothing can be said" in told.statement
