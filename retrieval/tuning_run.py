"""Rankings of a judged set by the real embedder and indexes, for each size of chunks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from models.deadline import Deadline
from models.ports import Embedder
from retrieval.access import Everything
from retrieval.documents import Hit
from retrieval.judged import JudgedSet
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.scored import Scored
from retrieval.settings import CollectionSettings, Mode
from retrieval.tuning import Found

_CHUNKS = 100
_SECONDS = 600.0
_NAME = "judged"


async def rank_set(
    judged: JudgedSet,
    embedder: Embedder,
    settings: CollectionSettings,
    sizes: Sequence[int],
    say: Callable[[str], None],
) -> dict[int, dict[str, Found]]:
    """Put the documents into a collection of its own for each size, and ask it every query."""
    found = {}
    for size in sizes:
        say(f"{len(judged.documents)} documents in chunks of {size} tokens")
        cut = settings.model_copy(update={"chunk_tokens": size})
        with tempfile.TemporaryDirectory() as folder:
            retrieval = open_retrieval(Path(folder), embedder)
            try:
                await _ingest(retrieval, judged, cut)
                found[size] = {
                    id_: await _found(retrieval, text) for id_, text in judged.queries.items()
                }
            finally:
                retrieval.close()
    return found


async def _ingest(retrieval: Retrieval, judged: JudgedSet, settings: CollectionSettings) -> None:
    for number, (id_, title, text) in enumerate(judged.documents):
        request = IngestRequest(
            _NAME,
            id_,
            text.encode(),
            label="{}",
            title=title,
            media_type="text/plain",
            settings=None if number else settings,
            flush=False,
        )
        await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))


async def _found(retrieval: Retrieval, query: str) -> Found:
    async def hits(mode: Mode) -> tuple[Hit, ...]:
        request = SearchRequest(_NAME, query, Everything(), k=_CHUNKS, mode=mode)
        return await retrieval.searcher.search(request, Deadline.after(_SECONDS))

    return found_of(await hits("dense"), await hits("lexical"))


def found_of(dense: Sequence[Hit], lexical: Sequence[Hit]) -> Found:
    """Two rankings of one query, their chunks numbered anew."""
    keys: dict[tuple[str, int], int] = {}

    def ranking(hits: Sequence[Hit]) -> tuple[Scored, ...]:
        return tuple(
            Scored(keys.setdefault((hit.id, hit.chunk), len(keys)), hit.score) for hit in hits
        )

    first, second = ranking(dense), ranking(lexical)
    return Found(first, second, {key: id_ for (id_, _), key in keys.items()})
