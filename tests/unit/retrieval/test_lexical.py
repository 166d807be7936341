"""Full-text queries: any text is safe, stems match, one collection does not weigh on another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from retrieval import lexical
from retrieval.lexical import IndexText, match_expression
from tests.unit.retrieval.writing import new_document, new_store


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("refund headset", '"refund" OR "headset"'),
        ('say "this" NEAR(a b)', '"say" OR "this" OR "near" OR "a" OR "b"'),
        ("Refund refund", '"refund"'),
        ("?!*", ""),
        ("", ""),
    ],
)
def test_expression_quotes_every_word(query: str, expression: str) -> None:
    assert match_expression(query) == expression


def test_expression_is_bounded() -> None:
    words = " ".join(f"word{number}" for number in range(1000))
    assert match_expression(words).count('"') == 2 * lexical.MAX_TERMS


def test_stems_and_accents_match(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "The refunding of cafés"))
    collection = store.collection("kb")
    for query in ("refund", "CAFE", "refunds cafe"):
        assert store.match(collection, query, 5, frozenset({"{}"})), query
    assert store.match(collection, "warranty", 5, frozenset({"{}"})) == ()
    store.close()


def test_labels_limit_before_k_does(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(5):
        store.put("kb", new_document(f"secret{number}", "refund refund", label="secret"))
    store.put("kb", new_document("open", "one refund among many other words", label="open"))
    collection = store.collection("kb")
    assert len(store.match(collection, "refund", 1, frozenset({"secret", "open"}))) == 1
    found = store.match(collection, "refund", 1, frozenset({"open"}))
    assert [store.passages([key])[key].id for key, _ in found] == ["open"]
    assert store.match(collection, "refund", 1, frozenset()) == ()
    store.close()


def test_rows_have_three_columns() -> None:
    assert IndexText._fields == ("chunk_pk", "heading", "body")


def test_deleted_words_leave_the_table(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "refund"))
    assert store.collection("kb").pk == 1
    assert _indexed(tmp_path) == 1
    store.delete("kb", ["a"])
    assert _indexed(tmp_path) == 0
    store.close()


def _indexed(folder: Path) -> int:
    connection = sqlite3.connect(folder / "retrieval.db")
    (count,) = connection.execute("SELECT count(*) FROM fts_1 WHERE body = 'refund'").fetchone()
    connection.close()
    return int(count)
