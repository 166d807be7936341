"""Search at size: time with and without an access filter, recall against exact, opening again.

`podium bench search --chunks 100000` makes a collection of drawn chunks with drawn vectors (clouds
around centres, by seed) in a temporary folder. Vectors and texts are made up, so the times are
those of SQL, FAISS and FTS5 at that size; how well it finds is `podium bench retrieval`'s.
With `--store postgresql://…` they are those of pgvector, in a database that may be lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import sqlalchemy as sa

from bench.machine import about_machine
from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings, Vectors
from retrieval import lexical
from retrieval.access import AccessFilter, Everything
from retrieval.chunk_index import Database, IndexText
from retrieval.collection import touch
from retrieval.database import open_database, writing
from retrieval.index import IndexOptions
from retrieval.opening import DATABASE, Retrieval, open_in_postgres, open_retrieval
from retrieval.pgvector import PgChunks, table_of
from retrieval.ports import SearchRequest
from retrieval.postgres import open_postgres
from retrieval.preparing import IngestRequest
from retrieval.settings import CollectionSettings, HnswSettings, Mode
from retrieval.store import Store
from retrieval.tables import chunks, documents
from retrieval.vectors import to_blob, unit

DIM = 384
NAME = "drawn"
_SECONDS = 600.0
_EACH = 5
_WORDS = 4000
_IDENTITY = EmbedderIdentity("drawn", "1", DIM, normalised=True)
_MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Only:
    """Lets every label below a number pass: the shares of what is seen are 10, 50 and 100 %."""

    below: int

    def allows(self, label: str) -> bool:
        """Whether its number is below."""
        return int(json.loads(label)["n"]) < self.below


FILTERS: Mapping[str, AccessFilter] = {"all": Everything(), "half": Only(5), "tenth": Only(1)}


class DrawnEmbedder:
    """Says for each query the vector that was drawn for it; costs nothing."""

    def __init__(self, vectors: Mapping[str, Vectors]) -> None:
        self._vectors = vectors

    def identity(self) -> EmbedderIdentity:
        """Always the same."""
        return _IDENTITY

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        """A known text's vector, the first axis for others."""
        axis = np.eye(1, DIM, dtype=np.float32)[0]
        rows = [self._vectors.get(text, axis) for text in request.texts]
        return Embeddings(np.stack(rows), len(rows), _IDENTITY)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Vectors (chunks, DIM), and queries near some of them by their text."""

    vectors: Vectors
    queries: Mapping[str, Vectors]


def draw(count: int, queries: int, seed: int) -> Drawn:
    """Clouds of about a hundred around centres; a query lies near a chunk."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 100), DIM)).astype(np.float32)
    near = centres[rng.integers(0, len(centres), count)]
    vectors = unit(near + 0.9 * rng.normal(size=(count, DIM)).astype(np.float32))
    asked = vectors[rng.integers(0, count, queries)]
    asked = unit(asked + 0.03 * rng.normal(size=asked.shape).astype(np.float32))
    words = rng.zipf(1.3, size=(queries, 4)) % _WORDS
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    return Drawn(vectors, dict(zip(texts, asked, strict=True)))


def fill(folder: Path, drawn: Drawn, seed: int) -> None:
    """Write the collection in bulk, five chunks a document, ten labels."""
    store = Store(folder / DATABASE)
    collection = store.ensure(NAME, _IDENTITY, None, CollectionSettings())
    store.close()
    count, texts = len(drawn.vectors), _texts(len(drawn.vectors), seed)
    engine = open_database(folder / DATABASE)
    with writing(engine) as connection:
        rows = [_document(n, collection.pk) for n in range(-(-count // _EACH))]
        connection.execute(documents.insert(), rows)
        parts = [_chunk(n, texts[n], drawn.vectors[n]) for n in range(count)]
        connection.execute(chunks.insert(), parts)
        entries = [IndexText(n + 1, "", text) for n, text in enumerate(texts)]
        lexical.add(connection, collection.pk, entries)
        touch(connection, collection.pk)
    engine.dispose()


def fill_postgres(url: str, drawn: Drawn, seed: int) -> float:
    """The same in PostgreSQL, a label a transaction; chunks a second, all indexes included."""
    hnsw = HnswSettings()
    engine, index = open_postgres(url, hnsw), PgChunks(hnsw)
    store = Store(Database(engine, index))
    if NAME in {collection.name for collection in store.collections()}:
        store.drop(NAME)
    pk = store.ensure(NAME, _IDENTITY, None, CollectionSettings()).pk
    count, texts = len(drawn.vectors), _texts(len(drawn.vectors), seed)
    begun = time.perf_counter()
    with writing(engine) as connection:
        rows = [_document(n, pk) for n in range(-(-count // _EACH))]
        connection.execute(documents.insert(), rows)
        parts = [_chunk(n, texts[n], drawn.vectors[n]) | {"vector": b""} for n in range(count)]
        connection.execute(chunks.insert(), parts)
        for table in (documents, chunks):
            after = sa.select(sa.func.max(table.c.pk)).scalar_subquery()
            numbers = sa.func.pg_get_serial_sequence(table.name, "pk")
            connection.execute(sa.select(sa.func.setval(numbers, after)))
    for number in range(10):
        of_label = [n for n in range(count) if n // _EACH % 10 == number]
        entries = [IndexText(n + 1, "", texts[n]) for n in of_label]
        label = json.dumps({"n": number})
        with writing(engine) as connection:
            index.add(connection, pk, entries, label, drawn.vectors[of_label])
    taken = time.perf_counter() - begun
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ANALYZE {table_of(pk)}")
    engine.dispose()
    return count / taken


def _texts(count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed + 1)
    words = rng.zipf(1.3, size=(count, 30)) % _WORDS
    return [" ".join(f"w{word}" for word in row) for row in words]


def _document(number: int, collection_pk: int) -> dict[str, Any]:
    return {
        "pk": number + 1, "collection_pk": collection_pk, "id": f"d{number}", "title": "",
        "label": json.dumps({"n": number % 10}), "sha256": "", "fingerprint": "", "path": "",
        "media_type": "text/plain", "metadata": {},
    }  # fmt: skip


def _chunk(number: int, text: str, vector: Vectors) -> dict[str, Any]:
    return {
        "pk": number + 1, "document_pk": number // _EACH + 1, "number": number % _EACH,
        "text": text, "heading": "", "page": None, "start": 0, "end": len(text),
        "vector": to_blob(vector),
    }  # fmt: skip


async def measure(
    opened: Callable[[DrawnEmbedder], Retrieval], drawn: Drawn, modes: Sequence[Mode] = _MODES
) -> dict[str, Any]:
    """Open twice, search every way, take in a few documents again."""
    embedder = DrawnEmbedder(drawn.queries)
    seconds = {}
    for name in ("build_s", "resume_s"):
        begun = time.perf_counter()
        retrieval = opened(embedder)
        seconds[name] = time.perf_counter() - begun
        if name == "build_s":
            retrieval.close()
    try:
        searched = {
            f"{mode} {name}": await _times(retrieval, drawn, mode, access)
            for mode in modes
            for name, access in FILTERS.items()
        }
        recall = {name: await _recall(retrieval, drawn, access) for name, access in FILTERS.items()}
        again = await _again(retrieval)
    finally:
        retrieval.close()
    return {**seconds, "search_ms": searched, "recall10": recall, "unchanged_per_s": again}


async def _times(
    retrieval: Retrieval, drawn: Drawn, mode: Mode, access: AccessFilter
) -> dict[str, float]:
    times = []
    for query in drawn.queries:
        begun = time.perf_counter()
        request = SearchRequest(NAME, query, access, k=6, mode=mode)
        await retrieval.searcher.search(request, Deadline.after(_SECONDS))
        times.append(1000 * (time.perf_counter() - begun))
    cuts = statistics.quantiles(times, n=100)
    return {"p50": statistics.median(times), "p95": cuts[94], "p99": cuts[98]}


async def _recall(retrieval: Retrieval, drawn: Drawn, access: AccessFilter) -> float:
    """The share of the true ten nearest that are among the ten found."""
    seen = np.array(
        [access.allows(json.dumps({"n": n // _EACH % 10})) for n in range(len(drawn.vectors))]
    )
    kept = 0
    for query, vector in drawn.queries.items():
        scores = np.where(seen, drawn.vectors @ vector, -2.0)
        best = {(f"d{n // _EACH}", int(n % _EACH)) for n in np.argpartition(-scores, 10)[:10]}
        request = SearchRequest(NAME, query, access, k=10, mode="dense")
        hits = await retrieval.searcher.search(request, Deadline.after(_SECONDS))
        kept += len(best & {(hit.id, hit.chunk) for hit in hits})
    return kept / (10 * len(drawn.queries))


async def _again(retrieval: Retrieval, count: int = 200) -> float:
    """Documents a second that are known already: what going on with an ingest costs."""
    requests = [
        IngestRequest(NAME, f"again{n}.txt", b"the same as before", "{}", flush=False)
        for n in range(count)
    ]
    for request in requests:
        await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))
    begun = time.perf_counter()
    for request in requests:
        outcome = await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))
        if outcome.status != "unchanged":
            raise AssertionError("the same document was taken in anew")
    return count / (time.perf_counter() - begun)


def main() -> int:
    """Print the figures as JSON, with the machine they are of."""
    parser = argparse.ArgumentParser(description="Measure search at size, on drawn vectors.")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--modes", nargs="+", choices=_MODES, default=_MODES)
    parser.add_argument("--exact", action="store_true", help="never cluster the index")
    parser.add_argument("--store", metavar="URL", help="an empty PostgreSQL database with pgvector")
    arguments = parser.parse_args()
    modes = arguments.modes
    drawn = draw(arguments.chunks, arguments.queries, arguments.seed)
    options = IndexOptions(exact_limit=arguments.chunks) if arguments.exact else IndexOptions()
    if arguments.store:
        rate = fill_postgres(arguments.store, drawn, arguments.seed)
        found = asyncio.run(measure(partial(open_in_postgres, arguments.store), drawn, modes))
        found["filled_per_s"] = rate
    else:
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), drawn, arguments.seed)
            opened = partial(open_retrieval, Path(folder), index=options)
            found = asyncio.run(measure(opened, drawn, modes))
    about = about_machine(sys.argv[1:], "search")
    told = {"chunks": arguments.chunks, "seed": arguments.seed, **found, "machine": about}
    print(json.dumps(told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
