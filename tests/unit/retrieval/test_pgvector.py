"""Retrieval in a real PostgreSQL with pgvector: the port's contract, and what is its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

from models.deadline import Deadline
from models.embeddings import Vectors
from models.errors import InvalidConfig, SetupError, Unavailable
from retrieval.access import AccessFilter
from retrieval.chunk_index import Database
from retrieval.documents import Chunk, Document, Hit
from retrieval.opening import Retrieval, open_in_postgres
from retrieval.pgvector import MOST_DIMENSIONS, PgChunks, PgVectors
from retrieval.ports import SearchRequest
from retrieval.postgres import SCHEMA, open_postgres
from retrieval.preparing import IngestRequest
from retrieval.search import Recheck, permitted
from retrieval.settings import CollectionSettings, HnswSettings
from retrieval.store import NewDocument, Store
from retrieval.vectors import unit
from tests.contracts import searcher_contract
from tests.contracts.searcher_contract import OPEN, QUESTION, REFUND, SECRET, WARRANTY, Only
from tests.postgres_server import missing, postgres_server
from tests.unit.retrieval.conftest import SECONDS, LocalLibrary
from tests.unit.retrieval.writing import DIM, IDENTITY
from tests.words_embedder import WordsEmbedder

_NUMBERS = itertools.count()
# So few rows are sorted whole by any planner that is free to.
_BY_INDEX = (
    "?options=-c%20enable_seqscan%3Doff%20-c%20enable_sort%3Doff%20-c%20enable_bitmapscan%3Doff"
)


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


@pytest.fixture(params=[1_024, 0], ids=["one by one", "by the index"])
def pg_library(server: str, name: str, request: pytest.FixtureRequest) -> Iterator[LocalLibrary]:
    where = server if request.param else server + _BY_INDEX
    hnsw = HnswSettings(exact_limit=request.param)
    retrieval = open_in_postgres(where, WordsEmbedder(), hnsw=hnsw)
    yield LocalLibrary(retrieval, name)
    retrieval.close()


@pytest.mark.parametrize("check", searcher_contract.CHECKS)
async def test_the_contract(
    check: searcher_contract.Check, pg_library: searcher_contract.Library
) -> None:
    await check(pg_library)


def unchecked(hits: Iterable[Hit], _access: AccessFilter) -> tuple[Hit, ...]:
    """The second check, switched off."""
    return tuple(hits)


async def _put(retrieval: Retrieval, name: str, id: str, text: bytes, label: str = OPEN) -> str:
    request = IngestRequest(name, id, text, label)
    return (await retrieval.ingestor.ingest(request, Deadline.after(SECONDS))).status


async def _ids(retrieval: Retrieval, name: str) -> set[str]:
    request = SearchRequest(name, QUESTION, Only(OPEN), k=50, mode="dense")
    hits = await retrieval.searcher.search(request, Deadline.after(SECONDS))
    return {hit.id for hit in hits}


async def test_a_label_altered_beside_a_vector_leaks_only_without_the_second_check(
    server: str, name: str
) -> None:
    async def found(recheck: Recheck) -> set[str]:
        retrieval = open_in_postgres(server, WordsEmbedder(), recheck=recheck)
        await _put(retrieval, name, "open.md", WARRANTY)
        await _put(retrieval, name, "secret.md", REFUND, SECRET)
        table = f"{SCHEMA}.chunks_of_{retrieval.store.collection(name).pk}"
        with psycopg.connect(server) as connection:
            connection.execute(f"UPDATE {table} SET label = %s", [OPEN])  # noqa: S608
        ids = await _ids(retrieval, name)
        retrieval.close()
        return ids

    assert await found(unchecked) == {"open.md", "secret.md"}
    assert await found(permitted) == {"open.md"}


def _drawn(count: int) -> Vectors:
    return unit(np.random.default_rng(3).normal(size=(count, DIM)).astype(np.float32))


def _filled(engine: sa.Engine, hnsw: HnswSettings, name: str, vectors: Vectors) -> Store:
    """One chunk in forty is open, and the vectors of all are alike."""
    store = Store(Database(engine, PgChunks(hnsw)))
    store.ensure(name, IDENTITY, None, CollectionSettings())
    for label, rows in ((OPEN, vectors[::40]), (SECRET, np.delete(vectors, np.s_[::40], axis=0))):
        chunks = tuple(Chunk(number, f"t{number}", 0, 2) for number in range(len(rows)))
        document = Document(label, name, "", label, "hash", len(chunks), "")
        store.put(name, NewDocument(document, label, chunks, rows))
    return store


def _nearest(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    return [int(at) for at in np.argsort(-(vectors @ query), kind="stable")[:k]]


def test_a_filter_loses_nothing_that_the_index_would_have_found(server: str, name: str) -> None:
    hnsw, vectors, k = HnswSettings(exact_limit=0, ef_search=10), _drawn(2_000), 8
    engine = open_postgres(server + _BY_INDEX, hnsw)
    store = _filled(engine, hnsw, name, vectors)
    collection = store.collection(name)
    queries, indexes = _drawn(2_020)[2_000:], PgVectors(engine, hnsw)
    first = int(store.contents(name, vectors=False).keys[0])
    wanted = kept = 0
    for query in queries:
        found = indexes.search(collection, query, k, frozenset({OPEN}))
        near = _nearest(vectors[::40], query, k)
        kept += len({pk - first for pk, _ in found} & set(near))
        wanted += len(near)
    assert kept >= 0.95 * wanted
    table = f"chunks_of_{collection.pk}"
    asked = (
        f"SELECT 1 FROM {table} WHERE label = '{OPEN}'"  # noqa: S608
        f" ORDER BY embedding <#> '{queries[0].tolist()}' LIMIT {k}"
    )
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN {asked}").scalars().all()
        assert "embedding_idx" in plan[1]
        assert len(connection.exec_driver_sql(asked).all()) == k
        # Without the iterative scan the filter is asked of the ten nearest alone.
        connection.exec_driver_sql("SET LOCAL hnsw.iterative_scan TO off")
        assert len(connection.exec_driver_sql(asked).all()) < k
    engine.dispose()


def test_where_the_scan_gives_up_all_that_are_allowed_are_scored(server: str, name: str) -> None:
    hnsw, vectors = HnswSettings(exact_limit=0, ef_search=1, max_scan_tuples=1), _drawn(2_000)
    engine = open_postgres(server + _BY_INDEX, hnsw)
    store = _filled(engine, hnsw, name, vectors)
    first = int(store.contents(name, vectors=False).keys[0])
    found = PgVectors(engine, hnsw).search(
        store.collection(name), vectors[7], 20, frozenset({OPEN})
    )
    assert [pk - first for pk, _ in found] == _nearest(vectors[::40], vectors[7], 20)
    engine.dispose()


async def test_two_that_write_the_same_document_leave_one_and_see_each_other(
    server: str, name: str
) -> None:
    both = [open_in_postgres(server, WordsEmbedder()) for _ in range(2)]
    for number in range(10):
        text = f"# Refunds\n\nThe refund takes {number} days.\n".encode()
        async with asyncio.TaskGroup() as group:
            for one in both:
                group.create_task(_put(one, name, "refunds.md", text))
        assert len(both[number % 2].store.documents(name)) == 1
    assert await _ids(both[0], name) == await _ids(both[1], name) == {"refunds.md"}
    with psycopg.connect(server) as connection:
        pk = both[0].store.collection(name).pk
        counted = f"SELECT count(*) FROM {SCHEMA}.chunks_of_{pk}"  # noqa: S608
        rows = connection.execute(counted).fetchone()
    assert rows == (1,)
    for one in both:
        one.close()


async def test_a_dropped_collection_leaves_no_table(server: str, name: str) -> None:
    retrieval = open_in_postgres(server, WordsEmbedder())
    await _put(retrieval, name, "refunds.md", REFUND)
    asked = f"SELECT to_regclass('{SCHEMA}.chunks_of_{retrieval.store.collection(name).pk}')"
    with psycopg.connect(server, autocommit=True) as connection:
        assert connection.execute(asked).fetchone() != (None,)
        await retrieval.ingestor.drop(name, Deadline.after(SECONDS))
        assert connection.execute(asked).fetchone() == (None,)
    retrieval.close()


def test_rare_words_count_more_than_common_ones(server: str, name: str) -> None:
    hnsw = HnswSettings()
    engine = open_postgres(server, hnsw)
    store = Store(Database(engine, PgChunks(hnsw)))
    store.ensure(name, IDENTITY, None, CollectionSettings())
    texts = [*(f"the printer has number {n}" for n in range(9)), "a warranty has no number"]
    chunks = tuple(Chunk(number, text, 0, len(text)) for number, text in enumerate(texts))
    document = Document("d", name, "", OPEN, "hash", len(chunks), "")
    store.put(name, NewDocument(document, "d", chunks, _drawn(len(chunks))))
    asked = "which printer's warranty?"
    (best, *rest) = store.match(store.collection(name), asked, 20, frozenset({OPEN}))
    assert store.passages([best.chunk_pk])[best.chunk_pk].text == texts[-1]
    assert len(rest) == 9
    assert store.match(store.collection(name), "the of which", 20, frozenset({OPEN})) == ()
    engine.dispose()


def test_vectors_that_it_can_not_index_are_refused(server: str, name: str) -> None:
    hnsw = HnswSettings()
    engine = open_postgres(server, hnsw)
    store = Store(Database(engine, PgChunks(hnsw)))
    wide = WordsEmbedder(dim=MOST_DIMENSIONS + 1).identity()
    with pytest.raises(SetupError, match="dimensions"):
        store.ensure(name, wide, None, CollectionSettings())
    assert name not in {collection.name for collection in store.collections()}
    engine.dispose()


def test_a_server_that_does_not_sync_is_refused() -> None:
    if lacking := missing(vector=True):
        pytest.skip(lacking)
    with postgres_server("fsync=off", vector=True) as url, pytest.raises(SetupError, match="fsync"):
        open_in_postgres(url, WordsEmbedder())


def test_a_server_without_the_extension_is_refused() -> None:
    if lacking := missing():
        pytest.skip(lacking)
    with postgres_server() as url, psycopg.connect(url) as connection:
        asked = "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"
        if connection.execute(asked).fetchone() != (0,):
            pytest.skip("this machine's PostgreSQL has the extension")
        with pytest.raises(SetupError, match="CREATE EXTENSION vector"):
            open_in_postgres(url, WordsEmbedder())


async def test_a_server_that_stops_is_unavailable() -> None:
    if lacking := missing(vector=True):
        pytest.skip(lacking)
    with postgres_server(vector=True) as url:
        retrieval = open_in_postgres(url, WordsEmbedder())
        assert await _put(retrieval, "kb", "refunds.md", REFUND) == "added"
    for work in (_ids(retrieval, "kb"), _put(retrieval, "kb", "b.md", WARRANTY)):
        with pytest.raises(Unavailable, match="that it runs") as refused:
            await work
        assert "podium:" not in refused.value.message
    with pytest.raises(Unavailable, match="did not answer"):
        open_in_postgres(url, WordsEmbedder())
    retrieval.close()


def test_a_bad_url_is_named_and_not_repeated() -> None:
    with pytest.raises(InvalidConfig) as refused:
        open_in_postgres("postgresql://me:hush@host:port/x", WordsEmbedder())
    assert refused.value.param == "retriever.store"
    assert "hush" not in refused.value.message
