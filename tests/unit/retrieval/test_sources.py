"""Structured sources over SQLite: read-only, bounded in rows and time, typed errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidConfig, InvalidRequest, Unavailable
from retrieval.ports import QueryRequest, Scalar
from retrieval.source_file import ParameterSpec, QuerySpec
from retrieval.sources import SqliteSource, open_sources
from retrieval.worker import Worker

_SECONDS = 60.0
_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def worker() -> Iterator[Worker]:
    pool = Worker(1, "test")
    yield pool
    pool.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE items (id INTEGER, name TEXT, photo BLOB)")
    rows = [(number, f"item {number}", b"\xff") for number in range(20)]
    connection.executemany("INSERT INTO items VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


async def _ask(source: SqliteSource, **params: Scalar) -> tuple[dict[str, Scalar], ...]:
    result = await source.query(QueryRequest("shop", "q", params), Deadline.after(_SECONDS))
    return tuple(dict(row) for row in result.rows)


def _source(path: Path, worker: Worker, spec: QuerySpec, **others: object) -> SqliteSource:
    return SqliteSource("shop", path, {"q": spec}, worker, **others)  # type: ignore[arg-type]


async def test_row_limit_is_kept_and_said(database: Path, worker: Worker) -> None:
    for limit, truncated in ((19, True), (20, False)):
        spec = QuerySpec(sql="SELECT id FROM items ORDER BY id", limit=limit)
        request = QueryRequest("shop", "q")
        result = await _source(database, worker, spec).query(request, Deadline.after(_SECONDS))
        assert (len(result.rows), result.truncated) == (limit, truncated)


async def test_endless_query_is_stopped_and_the_thread_is_free_again(
    database: Path, worker: Worker
) -> None:
    ticks = count()
    endless = QuerySpec(sql=_ENDLESS, timeout_s=1)
    source = _source(database, worker, endless, clock=lambda: float(next(ticks)))
    with pytest.raises(DeadlineExceeded, match="ran out of time"):
        await _ask(source)
    good = QuerySpec(sql="SELECT id FROM items WHERE id = 3")
    assert await _ask(_source(database, worker, good)) == ({"id": 3},)


async def test_writing_is_refused(database: Path, worker: Worker) -> None:
    writing = QuerySpec(sql="WITH a AS (SELECT 1) DELETE FROM items")
    with pytest.raises(InvalidConfig, match="READONLY"):
        await _ask(_source(database, worker, writing))
    plain = sqlite3.connect(database)
    assert plain.execute("SELECT count(*) FROM items").fetchone() == (20,)
    plain.execute(writing.sql)
    assert plain.execute("SELECT count(*) FROM items").fetchone() == (0,)
    plain.close()


async def test_pragma_alone_forbids_writing(database: Path, worker: Worker) -> None:
    spec = QuerySpec(sql="SELECT query_only FROM pragma_query_only")
    assert await _ask(_source(database, worker, spec)) == ({"query_only": 1},)


def test_mode_alone_forbids_writing(database: Path, worker: Worker) -> None:
    connection = _source(database, worker, QuerySpec(sql="SELECT 1"))._connect()
    connection.execute("PRAGMA query_only=OFF")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM items")
    connection.close()


async def test_values_are_bound_not_pasted(database: Path, worker: Worker) -> None:
    spec = QuerySpec(
        sql="SELECT id FROM items WHERE name = :name", params={"name": ParameterSpec(type="str")}
    )
    source = _source(database, worker, spec)
    assert await _ask(source, name="item 7") == ({"id": 7},)
    assert await _ask(source, name="' OR '1'='1") == ()


async def test_replaced_database_is_seen(database: Path, worker: Worker, tmp_path: Path) -> None:
    source = _source(database, worker, QuerySpec(sql="SELECT count(*) AS n FROM items"))
    assert await _ask(source) == ({"n": 20},)
    other = tmp_path / "new.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE items (id INTEGER)")
    connection.close()
    other.replace(database)
    assert await _ask(source) == ({"n": 0},)


async def test_missing_or_damaged_database_is_said_by_name(tmp_path: Path, worker: Worker) -> None:
    spec = QuerySpec(sql="SELECT 1 AS one FROM sqlite_master")
    with pytest.raises(Unavailable, match=r"shop\.db"):
        await _ask(_source(tmp_path / "shop.db", worker, spec))
    (tmp_path / "shop.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match=r"shop\.db"):
        await _ask(_source(tmp_path / "shop.db", worker, spec))


async def test_sql_that_does_not_fit_the_database_is_the_operators(
    database: Path, worker: Worker
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        await _ask(_source(database, worker, QuerySpec(sql="SELECT a FROM no_such_table")))
    assert caught.value.param == "sql"
    assert "no_such_table" not in caught.value.message


async def test_binary_column_is_refused(database: Path, worker: Worker) -> None:
    with pytest.raises(InvalidConfig, match="photo"):
        await _ask(_source(database, worker, QuerySpec(sql="SELECT photo FROM items")))


async def test_source_from_a_file_of_the_operator(database: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "database: shop.db\n"
        "queries:\n"
        "  item:\n"
        "    sql: SELECT name FROM items WHERE id = :id\n"
        "    params: {id: {type: int}}\n"
    )
    sources = open_sources(tmp_path, {"shop": "shop.yaml"})
    request = QueryRequest("shop", "item", {"id": 4})
    result = await sources.query(request, Deadline.after(_SECONDS))
    assert result.rows == ({"name": "item 4"},)
    with pytest.raises(InvalidRequest):
        await sources.query(QueryRequest("shop", "item", {"id": "4"}), Deadline.after(_SECONDS))
