"""Searching: the second check against SQL, other processes' writes, other embedders."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from models.deadline import Deadline
from retrieval.access import AccessFilter, Everything
from retrieval.documents import Hit
from retrieval.errors import IndexMismatch
from retrieval.index import IndexOptions, batch_selector
from retrieval.opening import Retrieval, open_retrieval
from retrieval.passages import Keys
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.search import permitted
from retrieval.settings import CollectionSettings
from tests.contracts.searcher_contract import OPEN, QUESTION, REFUND, SECRET, WARRANTY, Only
from tests.words_embedder import WordsEmbedder

_SECONDS = 60.0


def lying_selector(_allowed: Keys) -> object:
    """Allows every key, whatever was asked."""
    return batch_selector(np.arange(10_000, dtype=np.int64))


def unchecked(hits: Iterable[Hit], _access: AccessFilter) -> tuple[Hit, ...]:
    """The second check, switched off."""
    return tuple(hits)


async def _put(retrieval: Retrieval, id: str, content: bytes, label: str = OPEN) -> None:
    request = IngestRequest("kb", id, content, label)
    await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))


async def _ids(retrieval: Retrieval, access: AccessFilter) -> set[str]:
    request = SearchRequest("kb", QUESTION, access, k=50, mode="dense")
    hits = await retrieval.searcher.search(request, Deadline.after(_SECONDS))
    return {hit.id for hit in hits}


async def test_lying_selector_leaks_only_without_the_second_check(tmp_path: Path) -> None:
    liar = IndexOptions(selector=lying_selector, direct_limit=0)
    retrieval = open_retrieval(tmp_path, WordsEmbedder(), index=liar, recheck=unchecked)
    await _put(retrieval, "open.md", WARRANTY)
    await _put(retrieval, "secret.md", REFUND, SECRET)
    assert await _ids(retrieval, Only(OPEN)) == {"open.md", "secret.md"}
    retrieval.close()
    guarded = open_retrieval(tmp_path, WordsEmbedder(), index=liar, recheck=permitted)
    assert await _ids(guarded, Only(OPEN)) == {"open.md"}
    guarded.close()


async def test_true_selector_needs_no_second_check(tmp_path: Path) -> None:
    for number, options in enumerate((IndexOptions(direct_limit=0), IndexOptions())):
        retrieval = open_retrieval(
            tmp_path / str(number), WordsEmbedder(), index=options, recheck=unchecked
        )
        await _put(retrieval, "open.md", WARRANTY)
        await _put(retrieval, "secret.md", REFUND, SECRET)
        assert await _ids(retrieval, Everything()) == {"open.md", "secret.md"}
        assert await _ids(retrieval, Only(OPEN)) == {"open.md"}
        retrieval.close()


async def test_filter_is_asked_again_for_the_label_of_the_moment() -> None:
    hit = Hit("a", "kb", 0, "A", "", None, "text", 0, 4, 1.0, SECRET)
    assert permitted([hit], Everything()) == (hit,)
    assert permitted([hit], Only(OPEN)) == ()


async def test_another_process_is_seen(tmp_path: Path) -> None:
    one = open_retrieval(tmp_path, WordsEmbedder())
    await _put(one, "refund.md", REFUND)
    other = open_retrieval(tmp_path, WordsEmbedder())
    assert await _ids(other, Everything()) == {"refund.md"}
    await _put(one, "warranty.md", WARRANTY)
    await one.ingestor.delete("kb", ["refund.md"], Deadline.after(_SECONDS))
    assert await _ids(other, Everything()) == {"warranty.md"}
    await _put(other, "refund.md", REFUND)
    assert await _ids(one, Everything()) == {"warranty.md", "refund.md"}
    one.close()
    other.close()


async def test_deleted_behind_the_index_is_not_found(tmp_path: Path) -> None:
    retrieval = open_retrieval(tmp_path, WordsEmbedder())
    await _put(retrieval, "refund.md", REFUND)
    assert await _ids(retrieval, Everything()) == {"refund.md"}
    retrieval.store.delete("kb", ["refund.md"])
    assert await _ids(retrieval, Everything()) == set()
    retrieval.close()


async def test_other_embedder_is_refused_except_for_words(tmp_path: Path) -> None:
    retrieval = open_retrieval(tmp_path, WordsEmbedder())
    await _put(retrieval, "refund.md", REFUND)
    retrieval.close()
    other = open_retrieval(tmp_path, WordsEmbedder(digest="2"))
    with pytest.raises(IndexMismatch) as caught:
        await _ids(other, Everything())
    assert caught.value.param == "collection"
    with pytest.raises(IndexMismatch):
        await _put(other, "warranty.md", WARRANTY)
    words = SearchRequest("kb", "refund", Everything(), mode="lexical")
    assert await other.searcher.search(words, Deadline.after(_SECONDS))
    other.close()


async def test_settings_of_the_collection_are_the_default(tmp_path: Path) -> None:
    settings = CollectionSettings(mode="lexical", k=1)
    retrieval = open_retrieval(tmp_path, WordsEmbedder(), settings=settings)
    await _put(retrieval, "refund.md", REFUND)
    await _put(retrieval, "other.md", b"headset headset, nothing else here")
    hits = await retrieval.searcher.search(
        SearchRequest("kb", "headset", Everything()), Deadline.after(_SECONDS)
    )
    assert [hit.id for hit in hits] == ["other.md"]
    retrieval.close()


async def test_searches_and_writes_side_by_side(tmp_path: Path) -> None:
    retrieval = open_retrieval(tmp_path, WordsEmbedder(), index=IndexOptions(direct_limit=0))
    await _put(retrieval, "stays.md", REFUND)

    async def write(number: int) -> None:
        await _put(retrieval, f"{number}.md", WARRANTY, SECRET if number % 2 else OPEN)
        await retrieval.ingestor.delete("kb", [f"{number}.md"], Deadline.after(_SECONDS))

    async def read() -> None:
        for _ in range(10):
            assert "stays.md" in await _ids(retrieval, Only(OPEN))

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(write(number))
        for _ in range(3):
            group.create_task(read())
    assert await _ids(retrieval, Everything()) == {"stays.md"}
    retrieval.close()
