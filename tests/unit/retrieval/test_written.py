"""Rows say whose acts write into the tables they come from, however the query gets at them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.reference.crm import build
from retrieval.ports import QueryRequest
from retrieval.sources import open_sources
from retrieval.worker import Worker

SCHEMA = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT);
CREATE TABLE copies (note TEXT);
CREATE TABLE prices (price INTEGER);
CREATE VIEW told AS SELECT note FROM notes;
CREATE TRIGGER copied AFTER INSERT ON notes BEGIN INSERT INTO copies VALUES (new.note); END;
INSERT INTO prices VALUES (5);
"""
READER = """
database: {database}
queries:
  q: {{sql: "{sql}"}}
"""
WRITER = """
database: shop.db
queries:
  q: {sql: "SELECT note FROM notes"}
actions:
  write:
    effects: writes
    sql: INSERT INTO TABLE (note) VALUES (:note)
    params: {note: {type: str}}
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    pool = Worker(1, "test")
    yield pool
    pool.close()


async def _written_by(
    folder: Path, worker: Worker, sql: str, database: str = "shop.db", table: str = "notes"
) -> frozenset[str]:
    (folder / "reader.yaml").write_text(READER.format(sql=sql, database=database))
    (folder / "writer.yaml").write_text(WRITER.replace("TABLE", table))
    with closing(sqlite3.connect(folder / "shop.db")) as made:
        made.executescript(SCHEMA)
    (folder / "link.db").symlink_to("shop.db")
    with closing(sqlite3.connect(folder / "other.db")) as made:
        made.executescript(SCHEMA)
    sources = open_sources(folder, {"reader": "reader.yaml", "writer": "writer.yaml"}, worker)
    result = await sources.query(QueryRequest("reader", "q"), Deadline.after(30))
    return result.written_by


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT note FROM notes",
        "SELECT note FROM NOTES AS other",
        "SELECT count(*) FROM notes",
        "SELECT price FROM prices WHERE EXISTS (SELECT 1 FROM notes)",
        "WITH these AS (SELECT note FROM notes) SELECT note FROM these",
        "SELECT note FROM told",
        "SELECT note FROM copies",
        "VALUES ((SELECT max(note) FROM notes))",
    ],
)
async def test_a_query_that_reads_what_an_act_writes_says_whose(
    tmp_path: Path, worker: Worker, sql: str
) -> None:
    assert await _written_by(tmp_path, worker, sql) == {"writer"}


async def test_the_same_file_by_another_name_is_the_same_database(
    tmp_path: Path, worker: Worker
) -> None:
    assert await _written_by(tmp_path, worker, "SELECT note FROM notes", "link.db") == {"writer"}


@pytest.mark.parametrize(
    ("sql", "database"),
    [("SELECT price FROM prices", "shop.db"), ("SELECT note FROM notes", "other.db")],
)
async def test_what_no_act_writes_is_nobodys_but_its_own_sources(
    tmp_path: Path, worker: Worker, sql: str, database: str
) -> None:
    assert await _written_by(tmp_path, worker, sql, database) == frozenset()


async def test_an_act_that_can_not_be_read_may_have_written_anything(
    tmp_path: Path, worker: Worker
) -> None:
    found = await _written_by(tmp_path, worker, "SELECT price FROM prices", table="gone")
    assert found == {"writer"}


async def test_the_examples_records_are_apart_from_its_notes(
    tmp_path: Path, worker: Worker
) -> None:
    build(tmp_path / "crm.db")
    sources = open_sources(tmp_path, {"crm": "crm", "crm_notes": "crm_notes"}, worker)

    async def written_by(source: str, name: str, **params: str) -> frozenset[str]:
        asked = QueryRequest(source, name, params)
        return (await sources.query(asked, Deadline.after(30))).written_by

    assert await written_by("crm", "customer_snapshot", id="C-1042") == frozenset()
    assert await written_by("crm", "order", number="4217") == frozenset()
    assert await written_by("crm_notes", "notes", id="C-1042") == {"crm_notes"}
