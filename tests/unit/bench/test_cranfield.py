"""Cranfield's copy as two files that the bench of retrieval reads."""

from __future__ import annotations

import json
from pathlib import Path

from bench.cranfield import main
from retrieval.judged import read_set


def test_what_is_written_can_be_read_as_a_judged_set(tmp_path: Path) -> None:
    docs = [
        {"id": 1, "title": "a wing .", "body": "a wing . it lifts ."},
        {"id": 2, "title": "only a title", "body": "only a title"},
        {"id": 3, "title": "lost", "body": " "},
    ]
    queries = [{"query number": 1, "query": "lift ?"}, {"query number": 2, "query": "nothing ?"}]
    judged = [
        {"query_num": "1", "position": 4, "id": "1"},
        {"query_num": "1", "position": 5, "id": "2"},
        {"query_num": "2", "position": 1, "id": "3"},
    ]
    for name, rows in (("docs", docs), ("queries", queries), ("qrels", judged)):
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    assert main([str(tmp_path), str(tmp_path / "out")]) == 0
    read = read_set(tmp_path / "out" / "docs.jsonl", tmp_path / "out" / "queries.jsonl")
    assert read.documents == (
        ("1", "a wing .", "it lifts ."),
        ("2", "only a title", "only a title"),
    )
    assert read.queries == {"1": "lift ?"}
    assert read.relevant == {"1": frozenset({"1"})}
