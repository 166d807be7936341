"""The ledger's contract over SQLite and over PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from router.ledger.chain import open_postgres_chain, open_sqlite_chain
from router.ledger_reader.postgres_source import PostgresSource
from router.ledger_reader.sqlite_source import SqliteSource
from tests.contracts.ledger_contract import CHECKS, Check, Subject
from tests.postgres_server import missing, postgres_server


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_sqlite(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"

    def sql(statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    source = SqliteSource(path)
    await check(Subject(lambda key: open_sqlite_chain(path, key), source, sql, tmp_path))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    with postgres_server() as url:
        yield url


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_postgres(check: Check, server: str, tmp_path: Path) -> None:
    def sql(statement: str) -> None:
        with psycopg.connect(server) as connection:
            connection.execute(statement.encode())

    sql("DROP TABLE IF EXISTS ledger_head, ledger_records, ledger_segments")
    source = PostgresSource(server)
    await check(Subject(lambda key: open_postgres_chain(server, key), source, sql, tmp_path))
