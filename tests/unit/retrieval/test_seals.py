"""Labels under seals: what was changed in the database is shown to nobody, the honest is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.deadline import Deadline
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.sealing import MARKER
from retrieval.settings import Mode
from router.label import Clearance, Label, LabelFilter, Level
from router.label_seal import NOBODYS, LabelSeals, seal_key
from tests.words_embedder import WordsEmbedder

SEALS = LabelSeals(seal_key(b"s" * 32))
OURS = frozenset({"acme"})
LOW = Label(Level.INTERNAL, tenants=OURS).to_json()
HIGH = Label(Level.CONFIDENTIAL, tenants=OURS).to_json()
READER = LabelFilter(Clearance(Level.INTERNAL, None, tenants=OURS))
MANAGER = LabelFilter(Clearance(Level.RESTRICTED, None, tenants=OURS))
SECONDS = 30.0


def _open(folder: Path, *, seals: LabelSeals | None = SEALS) -> Retrieval:
    return open_retrieval(folder, WordsEmbedder(), seals=seals)


@pytest.fixture
def retrieval(tmp_path: Path) -> Iterator[Retrieval]:
    opened = _open(tmp_path)
    yield opened
    opened.close()


async def _put(retrieval: Retrieval, id: str, text: str, label: str) -> str:
    request = IngestRequest("kb", id, text.encode(), label, media_type="text/plain")
    return (await retrieval.ingestor.ingest(request, Deadline.after(SECONDS))).status


async def _found(
    retrieval: Retrieval, access: LabelFilter = READER, mode: Mode | None = None
) -> set[str]:
    request = SearchRequest("kb", "refund money", access, mode=mode)
    hits = await retrieval.searcher.search(request, Deadline.after(SECONDS))
    assert {hit.label for hit in hits} <= {LOW, HIGH}
    return {hit.id for hit in hits}


def _sql(folder: Path, text: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "retrieval.db")) as connection, connection:
        connection.execute(text, values)


@pytest.mark.parametrize("mode", ["lexical", "dense", "fused"])
@pytest.mark.parametrize("again", [False, True], ids=["running", "restarted"])
async def test_a_label_lowered_in_the_database_shows_the_document_to_nobody(
    tmp_path: Path, mode: Mode, again: bool
) -> None:
    retrieval = _open(tmp_path)
    await _put(retrieval, "open", "refund of money", LOW)
    await _put(retrieval, "closed", "refund of more money", HIGH)
    assert await _found(retrieval, MANAGER, mode) == {"open", "closed"}
    assert await _found(retrieval, READER, mode) == {"open"}
    _sql(tmp_path, "UPDATE documents SET label = ? WHERE id = 'closed'", LOW)
    if again:
        retrieval.close()
        retrieval = _open(tmp_path)
    assert await _found(retrieval, READER, mode) == {"open"}
    assert await _found(retrieval, MANAGER, mode) == {"open"}
    assert [one.label for one in retrieval.store.documents("kb")] == [NOBODYS, LOW]
    retrieval.close()
    unguarded = _open(tmp_path, seals=None)
    assert await _found(unguarded, READER, mode) == {"open", "closed"}, "what seals keep back"
    unguarded.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chunks SET text = 'refund money: other words'",
        "UPDATE chunks SET heading = 'refund money'",
        "UPDATE chunks SET seal = ''",
        "UPDATE chunks SET seal = (SELECT seal FROM documents)",
        "UPDATE documents SET title = 'refund money'",
        "UPDATE documents SET id = 'other'",
    ],
)
async def test_a_seal_is_for_all_that_a_hit_shows(
    tmp_path: Path, retrieval: Retrieval, change: str
) -> None:
    await _put(retrieval, "a", "refund of money", LOW)
    assert await _found(retrieval) == {"a"}
    _sql(tmp_path, change)
    assert await _found(retrieval) == set()


async def test_a_document_moved_to_another_collection_is_nobody_s(
    tmp_path: Path, retrieval: Retrieval
) -> None:
    await _put(retrieval, "a", "refund of money", LOW)
    assert await _found(retrieval) == {"a"}
    _sql(tmp_path, "UPDATE collections SET name = 'theirs'")
    request = SearchRequest("theirs", "refund money", READER)
    assert await retrieval.searcher.search(request, Deadline.after(SECONDS)) == ()


async def test_putting_the_document_again_mends_it(tmp_path: Path, retrieval: Retrieval) -> None:
    assert await _put(retrieval, "a", "refund of money", LOW) == "added"
    assert await _put(retrieval, "a", "refund of money", LOW) == "unchanged"
    for change in ("UPDATE documents SET seal = ''", "UPDATE chunks SET seal = ''"):
        _sql(tmp_path, change)
        assert await _put(retrieval, "a", "refund of money", LOW) == "updated"
        assert await _found(retrieval) == {"a"}
        assert [one.label for one in retrieval.store.documents("kb")] == [LOW]


async def test_another_home_s_seal_is_none(tmp_path: Path, retrieval: Retrieval) -> None:
    await _put(retrieval, "a", "refund of money", LOW)
    other = _open(tmp_path, seals=LabelSeals(seal_key(b"t" * 32)))
    assert await _found(retrieval) == {"a"}
    assert await _found(other) == set()
    other.close()


async def _of_before(folder: Path) -> None:
    """A folder as the first schema left it."""
    retrieval = _open(folder, seals=None)
    await _put(retrieval, "open", "refund of money", LOW)
    await _put(retrieval, "closed", "refund of more money", HIGH)
    retrieval.close()
    _back(folder)


def _back(folder: Path) -> None:
    for table in ("documents", "chunks"):
        _sql(folder, f"ALTER TABLE {table} DROP COLUMN seal")
    _sql(folder, "UPDATE meta SET value = '1' WHERE key = 'schema'")


async def test_documents_of_before_are_sealed_at_the_first_opening_and_work_on(
    tmp_path: Path,
) -> None:
    await _of_before(tmp_path)
    retrieval = _open(tmp_path)
    assert await _found(retrieval, MANAGER) == {"open", "closed"}
    assert await _found(retrieval, READER) == {"open"}
    assert await _put(retrieval, "open", "refund of money", LOW) == "unchanged"
    _sql(tmp_path, "UPDATE documents SET label = ? WHERE id = 'closed'", LOW)
    assert await _found(retrieval, READER) == {"open"}
    retrieval.close()


async def test_an_altered_database_is_not_sealed_as_if_it_were_old(tmp_path: Path) -> None:
    await _of_before(tmp_path)
    _open(tmp_path).close()
    _back(tmp_path)
    _sql(tmp_path, "UPDATE documents SET label = ? WHERE id = 'closed'", LOW)
    again = _open(tmp_path)
    assert await _found(again, MANAGER) == set()
    again.close()
    (tmp_path / MARKER).unlink()
    trusted = _open(tmp_path)
    assert await _found(trusted, READER) == {"open", "closed"}, "what the marker keeps back"
    trusted.close()
