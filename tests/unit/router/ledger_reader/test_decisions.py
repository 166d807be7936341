"""Decisions found again in a ledger, by any id that names them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from router.label import Label
from router.ledger.chain import open_sqlite_chain
from router.ledger.mac import head_key
from router.ledger.record import Record
from router.ledger.runs import run_records
from router.ledger_reader.decisions import decisions
from router.ledger_reader.source import Unreadable
from router.ledger_reader.sqlite_source import SqliteSource
from router.store.records import RunRecord
from tests.unit.router.ledger_reader.held import SECRET, Held, held

DIRECT = Record("decision", "acme", 5.0, {"decision_id": "dec_direct"}, request_id="req_direct")


def run(number: int, *ids: str) -> list[Record]:
    made = tuple({"decision_id": id, "step": "s"} for id in ids)
    record = RunRecord("acme", f"run_{number}", "support", "1", "succeeded", 1.0, 2.0, Label(),
                       request_id=f"req_{number}", decisions=made,
                       decision_id=f"dec_of_{number}")  # fmt: skip
    return list(run_records(record))


@pytest.fixture
def source(tmp_path: Path) -> SqliteSource:
    path = tmp_path / "ledger.sqlite"
    with closing(open_sqlite_chain(path, head_key(SECRET))) as chain:
        chain.append([*run(1, "dec_a", "dec_b"), DIRECT, *run(2, "dec_c")])
    return SqliteSource(path)


@pytest.mark.parametrize(
    ("id", "found", "pipeline"),
    [
        ("run_1", ["dec_a", "dec_b"], "support"),
        ("req_1", ["dec_a", "dec_b"], "support"),
        ("dec_of_1", ["dec_a", "dec_b"], "support"),
        ("dec_c", ["dec_c"], ""),
        ("dec_direct", ["dec_direct"], ""),
        ("req_direct", ["dec_direct"], ""),
        ("dec_", [], ""),
        ("support", [], ""),
    ],
)
def test_what_an_id_names_is_found_and_nothing_else(
    source: SqliteSource, id: str, found: list[str], pipeline: str
) -> None:
    told = decisions(source, id)
    assert [one.decision["decision_id"] for one in told] == found
    assert {one.pipeline for one in told} <= {pipeline}


def test_a_ledger_that_was_tampered_with_is_unreadable_and_no_fault(tmp_path: Path) -> None:
    ledger = held(tmp_path, 3)
    assert len(decisions(ledger, "dec_2")) == 1
    for body in ('{"dec_2"', '["dec_2"]', '{"x": "dec_2"}', '{"fields": "dec_2", "run_id": 1}'):
        bad = Held(ledger.header, [replace(ledger.rows[1], body=body)], [])
        with pytest.raises(Unreadable, match="record 2"):
            decisions(bad, "dec_2")
