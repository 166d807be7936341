"""Decisions found in a ledger by the id of a run, of a decision or of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from router.ledger_reader.source import Snapshot, Source, Unreadable
from router.recorded import RecordedDecision


def decisions(source: Source, id: str) -> tuple[RecordedDecision, ...]:
    """Every decision under the id, in the order written; raises Unreadable.

    Whether the ledger holds is not asked here.
    """
    with source.open() as snapshot:
        runs = {
            record["run_id"]: str(record["fields"].get("pipeline"))
            for record in _about(snapshot, "run", id)
        }
        found = list(_about(snapshot, "decision", id))
        for run_id in runs:
            found += [one for one in _about(snapshot, "decision", run_id) if one not in found]
    return tuple(_recorded(one, runs) for one in found)


def _about(snapshot: Snapshot, kind: str, id: str) -> Iterator[dict[str, Any]]:
    for row in snapshot.records():
        body = str(row.body)
        if id not in body:
            continue
        try:
            record = json.loads(body)
            names = (record["run_id"], record["request_id"], record["fields"].get("decision_id"))
            fits = record["kind"] == kind and id in names
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Unreadable(f"record {row.seq} is no record") from error
        if fits:
            yield record


def _recorded(record: dict[str, Any], runs: dict[str, str]) -> RecordedDecision:
    return RecordedDecision(
        record["tenant"],
        record["run_id"],
        record["request_id"],
        runs.get(record["run_id"], ""),
        record["at"],
        record["fields"],
    )
