"""Opening retrieval over one folder: the database, the indexes, searching and ingesting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.ports import Embedder
from retrieval.boundary import Boundary, no_boundary
from retrieval.chunk_index import Database
from retrieval.index import IndexOptions
from retrieval.ingest import Ingestor
from retrieval.live import LiveIndexes
from retrieval.pgvector import PgChunks, PgVectors
from retrieval.postgres import open_postgres
from retrieval.seals import Seals
from retrieval.search import LocalSearcher, Recheck, permitted
from retrieval.settings import CollectionSettings, HnswSettings
from retrieval.snapshots import Snapshots
from retrieval.store import Store
from retrieval.worker import Worker

DATABASE = "retrieval.db"
INDEX_FOLDER = "index"


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Everything over one folder; `close` it when done."""

    store: Store
    searcher: LocalSearcher
    ingestor: Ingestor
    worker: Worker

    def close(self) -> None:
        """End the threads and close the database."""
        self.worker.close()
        self.store.close()


def open_in_postgres(
    url: str,
    embedder: Embedder,
    *,
    threads: int = 2,
    boundary: Boundary = no_boundary,
    settings: CollectionSettings | None = None,
    hnsw: HnswSettings | None = None,
    recheck: Recheck = permitted,
    seals: Seals | None = None,
) -> Retrieval:
    """The same over the PostgreSQL at `url`, with its extension `vector` instead of FAISS."""
    hnsw = hnsw or HnswSettings()
    engine = open_postgres(url, hnsw)
    store = Store(Database(engine, PgChunks(hnsw)), boundary, seals)
    indexes, worker = PgVectors(engine, hnsw), Worker(threads)
    return Retrieval(
        store,
        LocalSearcher(store, indexes, embedder, worker, recheck),
        Ingestor(store, indexes, embedder, worker, settings or CollectionSettings()),
        worker,
    )


def open_retrieval(
    folder: Path,
    embedder: Embedder,
    *,
    threads: int = 2,
    boundary: Boundary = no_boundary,
    settings: CollectionSettings | None = None,
    index: IndexOptions | None = None,
    recheck: Recheck = permitted,
    seals: Seals | None = None,
) -> Retrieval:
    """Open `folder`, made when missing; every index snapshot is verified or built again.

    `settings` are those of collections made from now on without their own. With `seals` no label
    is believed that is not sealed; what was stored before there were any is sealed once.

    Blocks for as long as verifying takes: call it before serving, not on an event loop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder / DATABASE, boundary, seals)
    indexes = LiveIndexes(
        store, Snapshots(folder / INDEX_FOLDER, boundary), index or IndexOptions()
    )
    indexes.open_all()
    worker = Worker(threads)
    return Retrieval(
        store,
        LocalSearcher(store, indexes, embedder, worker, recheck),
        Ingestor(store, indexes, embedder, worker, settings or CollectionSettings()),
        worker,
    )
