"""kill -9 in the middle of an ingestion: what was acknowledged is not embedded again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.deadline import Deadline
from retrieval.access import Everything
from retrieval.opening import Retrieval, open_in_postgres, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from tests.postgres_server import missing, postgres_server
from tests.tracked import ROOT
from tests.words_embedder import WordsEmbedder

COUNT = 60
KILLED_AT = 25
# Who writes waits here for its end, however late that comes.
WRITTEN = 55


def opened(place: str, embedder: WordsEmbedder) -> Retrieval:
    """A folder, or a PostgreSQL."""
    if place.startswith("postgresql://"):
        return open_in_postgres(place, embedder)
    return open_retrieval(Path(place), embedder)


async def put(retrieval: Retrieval, number: int) -> str:
    request = IngestRequest(
        "kb", f"d{number}.txt", f"common word{number}".encode(), "{}", flush=False
    )
    return (await retrieval.ingestor.ingest(request, Deadline.after(60))).status


def ingest(place: str) -> None:
    """Print each document's number once it is acknowledged, until it is killed."""
    retrieval = opened(place, WordsEmbedder())
    for number in range(WRITTEN):
        asyncio.run(put(retrieval, number))
        print(number, flush=True)
    time.sleep(60)


@pytest.fixture(params=["files", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "files":
        yield str(tmp_path)
        return
    if lacking := missing(vector=True):
        pytest.skip(lacking)
    with postgres_server(vector=True) as url:
        yield url


def test_going_on_after_a_kill_embeds_only_what_was_not_acknowledged(place: str) -> None:
    words = [sys.executable, "-m", "tests.unit.retrieval.test_resume", place]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == KILLED_AT:
                process.send_signal(signal.SIGKILL)
                break
        acknowledged = {*range(KILLED_AT + 1), *map(int, process.stdout.read().split())}
    assert process.returncode == -signal.SIGKILL
    assert len(acknowledged) < COUNT
    embedder = WordsEmbedder()
    retrieval = opened(place, embedder)
    before = {document.id for document in retrieval.store.documents("kb")}
    assert before >= {f"d{number}.txt" for number in acknowledged}
    statuses = [asyncio.run(put(retrieval, number)) for number in range(COUNT)]
    assert embedder.texts == statuses.count("added") == COUNT - len(before)
    assert statuses.count("unchanged") == len(before)
    request = SearchRequest("kb", "common", Everything(), k=COUNT, mode="dense")
    hits = asyncio.run(retrieval.searcher.search(request, Deadline.after(60)))
    assert {hit.id for hit in hits} == {f"d{number}.txt" for number in range(COUNT)}
    retrieval.close()


if __name__ == "__main__":
    ingest(sys.argv[1])
