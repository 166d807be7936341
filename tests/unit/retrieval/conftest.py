"""A library of documents over real SQLite, FTS5 and FAISS, with an embedder of word counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.deadline import Deadline
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import Searcher
from retrieval.preparing import IngestRequest
from tests.words_embedder import WordsEmbedder

SECONDS = 60.0


@dataclass
class LocalLibrary:
    """The contract's Library over retrieval in this process."""

    retrieval: Retrieval
    collection: str = "kb"

    @property
    def searcher(self) -> Searcher:
        return self.retrieval.searcher

    async def put(self, id: str, content: bytes, label: str) -> None:
        request = IngestRequest(self.collection, id, content, label)
        await self.retrieval.ingestor.ingest(request, Deadline.after(SECONDS))

    async def delete(self, ids: Sequence[str]) -> None:
        await self.retrieval.ingestor.delete(self.collection, ids, Deadline.after(SECONDS))


@pytest.fixture
def embedder() -> WordsEmbedder:
    return WordsEmbedder()


@pytest.fixture
def retrieval(tmp_path: Path, embedder: WordsEmbedder) -> Iterator[Retrieval]:
    opened = open_retrieval(tmp_path, embedder)
    yield opened
    opened.close()


@pytest.fixture
def library(retrieval: Retrieval) -> LocalLibrary:
    return LocalLibrary(retrieval)
