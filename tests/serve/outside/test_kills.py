"""kill -9 of the gate and of the state under load: nothing acknowledged is lost, nobody hangs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from deployments.chaos.audit import judge
from deployments.chaos.load import outcomes
from tests.chaos.kill_replicas import torment, verified
from tests.serve.instance import Instance


def test_kills_lose_nothing_that_was_acknowledged(remote: Instance, tmp_path: Path) -> None:
    _torment(remote, tmp_path / "chaos", kills=3, minutes=4)


@pytest.mark.assurance
@pytest.mark.timeout(7200)
def test_two_hundred_kills_lose_nothing(remote: Instance, tmp_path: Path) -> None:
    _torment(remote, tmp_path / "chaos", kills=200, minutes=110)


def _torment(instance: Instance, folder: Path, kills: int, minutes: float) -> None:
    done, verdict = torment(instance, folder, kills, minutes=minutes)
    print(f"\n{Counter(one.deployment for one in done)} {[one.back_s for one in done]}")
    print(verdict)
    assert len(done) == kills
    assert verdict.faults == []
    assert verdict.acknowledged > 20 and verdict.answered_outside > 10
    assert verdict.refused_for_budget > 0, "the small budget must run out"
    assert verified(instance.home)["ok"]
    _audit_would_notice(instance.home, folder)


def _audit_would_notice(home: Path, folder: Path) -> None:
    """The same judgement over the same outcomes finds a missing record and a send too many."""
    copy = folder / "copy"
    (copy / "run").mkdir(parents=True)
    received = (home / "run" / "stub.jsonl").read_text()
    (copy / "run" / "stub.jsonl").write_text(received)
    with (
        sqlite3.connect(f"file:{home / 'ledger.sqlite'}?mode=ro", uri=True) as original,
        sqlite3.connect(copy / "ledger.sqlite") as smaller,
    ):
        original.backup(smaller)
        smaller.execute("DROP TRIGGER IF EXISTS ledger_records_no_delete")
        smaller.execute("CREATE TABLE less AS SELECT * FROM ledger_records WHERE body NOT LIKE ?",
                        ('%"egress.intent"%',))  # fmt: skip
        smaller.execute("DROP TABLE ledger_records")
        smaller.execute("ALTER TABLE less RENAME TO ledger_records")
    known = outcomes(folder / "outcomes.jsonl")
    told = judge(copy, known, {}).faults
    assert any("has no intent" in fault for fault in told)
    assert any("1 sends, 0 intents" in fault for fault in told)
    spent = judge(home, known, {known[0].key: 1}).faults
    assert any("of 1" in fault for fault in spent) or not known[0].tokens
