"""Opening in PostgreSQL, and what it refuses: whose tables, which rights, and how errors end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import sqlalchemy as sa

from models.deadline import Deadline
from models.errors import InvalidRequest, SetupError, Unavailable
from retrieval.chunk_index import Database
from retrieval.errors import CollectionNotFound
from retrieval.opening import Retrieval, open_in_postgres
from retrieval.pgvector import PgChunks
from retrieval.ports import SearchRequest
from retrieval.postgres import SCHEMA, open_postgres
from retrieval.preparing import IngestRequest
from retrieval.settings import CollectionSettings, HnswSettings
from retrieval.store import Store
from tests.contracts.searcher_contract import OPEN, QUESTION, REFUND, WARRANTY, Only
from tests.pdf import make_pdf
from tests.postgres_server import missing, postgres_server
from tests.unit.retrieval.conftest import SECONDS
from tests.unit.retrieval.writing import IDENTITY
from tests.words_embedder import WordsEmbedder

_NUMBERS = itertools.count()
HNSW = HnswSettings()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    lacking = missing(vector=True)
    if lacking:
        pytest.skip(lacking)
    with postgres_server(vector=True) as url:
        yield url


@pytest.fixture
def name() -> str:
    """A collection of the test's own."""
    return f"kb{next(_NUMBERS)}"


@pytest.fixture
def retrieval(server: str) -> Iterator[Retrieval]:
    opened = open_in_postgres(server, WordsEmbedder())
    yield opened
    opened.close()


async def _put(retrieval: Retrieval, name: str, id: str, content: bytes) -> str:
    request = IngestRequest(name, id, content, OPEN)
    return (await retrieval.ingestor.ingest(request, Deadline.after(SECONDS))).status


async def _ids(retrieval: Retrieval, name: str) -> set[str]:
    request = SearchRequest(name, QUESTION, Only(OPEN), k=50, mode="dense")
    hits = await retrieval.searcher.search(request, Deadline.after(SECONDS))
    return {hit.id for hit in hits}


@contextmanager
def _as_role(server: str, role: str, *rights: str) -> Iterator[str]:
    """The server's URL for a fresh database, as a role with these rights in it alone."""
    address = sa.make_url(server)
    with psycopg.connect(server, autocommit=True) as connection:
        for word in (
            f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
            f"CREATE DATABASE {role}",
            f"REVOKE TEMPORARY ON DATABASE {role} FROM PUBLIC",
        ):
            connection.execute(word)
    inside = address.set(database=role)
    with psycopg.connect(_text_of(inside), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector SCHEMA public")
        for right in rights:
            connection.execute(right)
    yield _text_of(inside.set(username=role, password="x"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {role} WITH (FORCE)")
        connection.execute(f"DROP ROLE {role}")


def _text_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


async def test_a_name_with_nul_is_no_collection_and_no_failure(
    retrieval: Retrieval, name: str
) -> None:
    await _put(retrieval, name, "refunds.md", REFUND)
    for of_nobody in (f"{name}\0", "\0"):
        with pytest.raises(CollectionNotFound):
            retrieval.store.documents(of_nobody)
        with pytest.raises(CollectionNotFound):
            await _ids(retrieval, of_nobody)
        with pytest.raises(InvalidRequest, match="name"):
            await _put(retrieval, of_nobody, "refunds.md", REFUND)


async def test_a_pdf_with_nul_in_its_text_is_taken_in(retrieval: Retrieval, name: str) -> None:
    content = make_pdf(r"The refund\000 takes days.", title=r"Re\000fund")
    assert await _put(retrieval, name, "refunds.pdf", content) == "added"
    assert [one.title for one in retrieval.store.documents(name)] == ["Refund"]


async def test_what_it_refuses_later_is_unavailable_and_quotes_nothing(
    retrieval: Retrieval, server: str, name: str
) -> None:
    await _put(retrieval, name, "refunds.md", REFUND)
    assert await _ids(retrieval, name) == {"refunds.md"}
    table = f"{SCHEMA}.chunks_of_{retrieval.store.collection(name).pk}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO hidden")
        for work in (_ids(retrieval, name), _put(retrieval, name, "b.md", WARRANTY)):
            with pytest.raises(Unavailable, match="refused a statement") as refused:
                await work
            assert isinstance(refused.value.__cause__, sa.exc.ProgrammingError)
            assert "warranty" not in f"{refused.value} {refused.value.__cause__}".lower()
        connection.execute(f"ALTER TABLE {SCHEMA}.hidden RENAME TO {table.partition('.')[2]}")


def test_a_server_that_only_reads_is_refused_at_the_start_and_unavailable_later(
    server: str, name: str
) -> None:
    engine = open_postgres(server, HNSW)
    store = Store(Database(engine, PgChunks(HNSW)))
    switch = "ALTER DATABASE postgres SET default_transaction_read_only TO"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"{switch} on")
        engine.dispose()
        try:
            with pytest.raises(Unavailable, match="refused a statement"):
                store.ensure(name, IDENTITY, None, CollectionSettings())
        finally:
            connection.execute(f"{switch} off")
    engine.dispose()
    with _as_role(server, "reader", "GRANT CREATE ON DATABASE reader TO reader") as url:
        only_reads = f"{url}?options=-c%20default_transaction_read_only%3Don"
        with pytest.raises(SetupError, match="standby"):
            open_postgres(only_reads, HNSW)
        open_postgres(url, HNSW).dispose()


def test_a_role_without_rights_is_told_which_and_one_that_owns_the_schema_needs_no_more(
    server: str,
) -> None:
    named = f"CREATE SCHEMA {SCHEMA} AUTHORIZATION"
    with _as_role(server, "stranger") as url, pytest.raises(SetupError, match=named):
        open_postgres(url, HNSW)
    with _as_role(server, "owner", f"CREATE SCHEMA {SCHEMA} AUTHORIZATION owner") as url:
        open_postgres(url, HNSW).dispose()
        open_postgres(url, HNSW).dispose()


def test_tables_of_another_application_are_not_taken_for_ours(server: str) -> None:
    theirs = ("CREATE TABLE documents (theirs text)", "CREATE TABLE meta (key text, value text)",
              "INSERT INTO meta VALUES ('schema', '99')",
              "GRANT SELECT ON documents, meta TO neighbour",
              "GRANT CREATE ON DATABASE neighbour TO neighbour")  # fmt: skip
    with _as_role(server, "neighbour", *theirs) as url:
        engine = open_postgres(url, HNSW)
        assert Store(Database(engine, PgChunks(HNSW))).collections() == ()
        tables = sa.inspect(engine).get_table_names(SCHEMA)
        assert {"meta", "collections", "documents", "chunks"} <= set(tables)
        engine.dispose()


def test_a_server_that_vanished_is_not_waited_for_without_end(server: str) -> None:
    for more, wanted in (("", "10"), ("?connect_timeout=3", "3")):
        engine = open_postgres(server + more, HNSW)
        with engine.connect() as connection:
            held = connection.connection.driver_connection
            assert held is not None
            told = held.info.get_parameters()
        engine.dispose()
        assert (told["connect_timeout"], told["tcp_user_timeout"]) == (wanted, "30000")
