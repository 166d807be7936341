"""Judged sets are read, and what is none is refused by file, row and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import InvalidRequest
from retrieval.judged import read_queries, read_set

DOCS = '{"id": "0", "question": "Q?", "answers": ["one", "two"]}\n{"id": 1, "text": "T"}\n'
QUERIES = '{"id": "0-0", "text": "what", "relevant": ["0"]}\n\n'


def test_both_shapes_of_documents_are_read(tmp_path: Path) -> None:
    docs, queries = tmp_path / "docs.jsonl", tmp_path / "queries.jsonl"
    docs.write_text(DOCS)
    queries.write_text(QUERIES)
    judged = read_set(docs, queries)
    assert judged.documents == (("0", "Q?", "one\n\ntwo"), ("1", "", "T"))
    assert judged.queries == {"0-0": "what"}
    assert judged.relevant == {"0-0": frozenset({"0"})}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "has no query"),
        ("{\n", "row 1 is no JSON"),
        ("[]\n", "row 1 is no object"),
        ('{"id": "1", "text": "a"}\n', "'relevant' must be"),
        ('{"id": "1", "relevant": ["2"]}\n', "row 1 has no 'text'"),
    ],
)
def test_queries_that_are_none_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "queries.jsonl").write_text(text)
    with pytest.raises(InvalidRequest, match=fault):
        read_queries(tmp_path / "queries.jsonl")
    with pytest.raises(InvalidRequest, match="can't be read"):
        read_queries(tmp_path / "none.jsonl")
