"""Full-text queries: any text is safe, stems match, one collection does not weigh on another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from retrieval import lexical
from retrieval.database import open_database, reading
from retrieval.lexical import Asked, IndexText, terms_of
from retrieval.maxscore import likely, needed, telling
from tests.unit.retrieval.writing import new_document, new_store


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("refund headset", ("refund", "headset")),
        ('say "this" NEAR(a b)', ("say", "this", "near", "a", "b")),
        ("Refund refund", ("refund",)),
        ("?!*", ()),
        ("", ()),
    ],
)
def test_terms_are_words_and_no_syntax(query: str, terms: tuple[str, ...]) -> None:
    assert terms_of(query) == terms


def test_terms_are_bounded() -> None:
    words = " ".join(f"word{number}" for number in range(1000))
    assert len(terms_of(words)) == lexical.MAX_TERMS


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


def test_the_best_are_those_of_scoring_every_chunk(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    rng = np.random.default_rng(11)
    for number in range(60):
        words = [f"w{word}" for word in rng.zipf(1.5, 40) % 50]
        label = "open" if number % 3 else "shut"
        texts = [" ".join(words[: int(rng.integers(4, 40))]) for _ in range(5)]
        store.put("kb", new_document(f"d{number}", *texts, label=label))
    engine = open_database(tmp_path / "retrieval.db")
    narrowed = 0
    for _ in range(80):
        query = " ".join(f"w{word}" for word in rng.zipf(1.5, 4) % 50)
        for k, labels in ((3, {"open", "shut"}), (3, {"open"}), (60, {"shut"})):
            with reading(engine) as connection:
                every = Asked(" OR ".join(f'"{term}"' for term in terms_of(query)), 1)
                wanted = lexical._ranked(connection, 1, every, k, frozenset(labels))
                found = lexical.search(connection, 1, query, k, frozenset(labels))
                words_ = telling(lexical._words(connection, 1, query))
                narrowed += needed(words_, likely(words_, k)) < len(words_)
            assert [one.score for one in found] == pytest.approx(
                [one.score for one in wanted], abs=1e-4
            )
    assert narrowed > 20
    engine.dispose()
    store.close()


def test_a_word_that_only_hidden_chunks_have_hides_no_other(tmp_path: Path) -> None:
    """What is found tells nothing of what may not be seen; a word in every chunk is found too."""
    store = new_store(tmp_path)
    for number in range(6):
        store.put("kb", new_document(f"open-{number}", f"invoice number{number}", label="open"))
    store.put("kb", new_document("shut", "invoice orion", label="shut"))
    engine = open_database(tmp_path / "retrieval.db")

    def found(query: str, *labels: str) -> list[int]:
        with reading(engine) as connection:
            return [
                one.chunk_pk for one in lexical.search(connection, 1, query, 6, frozenset(labels))
            ]

    assert len(found("orion", "open", "shut")) == 1
    assert found("orion", "open") == []
    assert len(found("invoice nowhere", "open")) == 6
    assert found("invoice orion", "open") == found("invoice nowhere", "open")
    assert set(found("invoice number3", "open")) == set(found("invoice", "open"))
    engine.dispose()
    store.close()


def test_a_rare_word_in_long_chunks_gives_way_to_a_common_one_in_short_chunks(
    tmp_path: Path,
) -> None:
    """The first guess takes the rare word's chunks for the best; their score shows they are not."""
    store = new_store(tmp_path)
    texts = ["rare " + "filler " * 400] * 3 + ["common " * 5] * 40 + ["other"] * 57
    store.put("kb", new_document("all", *texts, label="open"))
    engine = open_database(tmp_path / "retrieval.db")
    with reading(engine) as connection:
        words = telling(lexical._words(connection, 1, "rare common"))
        assert needed(words, likely(words, 3)) == 1
        found = lexical.search(connection, 1, "rare common", 3, frozenset({"open"}))
        common = lexical.search(connection, 1, "common", 3, frozenset({"open"}))
    assert [one.chunk_pk for one in found] == [one.chunk_pk for one in common]
    engine.dispose()
    store.close()
