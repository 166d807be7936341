"""What every Searcher must do; run each of CHECKS over each implementation.

An implementation brings a Library: its searcher, and a way to put documents where that looks.
"""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidRequest
from retrieval.access import AccessFilter, Everything
from retrieval.documents import Hit
from retrieval.errors import CollectionNotFound
from retrieval.ports import Searcher, SearchRequest
from retrieval.settings import MAX_HITS, Mode

MODES: tuple[Mode, ...] = get_args(Mode)
OPEN, SECRET = '{"level":"INTERNAL"}', '{"level":"RESTRICTED"}'
_SECONDS = 60.0

REFUND = b"# Refunds\n\nThe refund for a headset takes 14 days.\n"
WARRANTY = b"# Warranty\n\nThe warranty of a printer is 24 months.\n"
PRICE = b"# Prices\n\nA secret refund price list for the headset costs 9 euros.\n"
QUESTION = "When do I get the refund for the headset?"


@dataclass(frozen=True)
class Only:
    """Allows one label."""

    label: str

    def allows(self, label: str) -> bool:
        return label == self.label


class Library(Protocol):
    """A searcher over one collection, and its documents."""

    collection: str
    searcher: Searcher

    async def put(self, id: str, content: bytes, label: str) -> None: ...

    async def delete(self, ids: Sequence[str]) -> None: ...


Check = Callable[[Library], Awaitable[None]]


async def _search(
    library: Library,
    query: str = QUESTION,
    *,
    access: AccessFilter | None = None,
    k: int | None = None,
    mode: Mode | None = None,
) -> tuple[Hit, ...]:
    request = SearchRequest(library.collection, query, access or Everything(), k, mode)
    return await library.searcher.search(request, Deadline.after(_SECONDS))


async def _fill(library: Library) -> None:
    await library.put("refunds.md", REFUND, OPEN)
    await library.put("warranty.md", WARRANTY, OPEN)
    await library.put("prices.md", PRICE, SECRET)


async def best_comes_first(library: Library) -> None:
    await _fill(library)
    for mode in MODES:
        hits = await _search(library, mode=mode, access=Only(OPEN))
        assert hits[0].id == "refunds.md"
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)


async def hits_say_where_they_stand(library: Library) -> None:
    await _fill(library)
    hit = (await _search(library, access=Only(OPEN)))[0]
    assert (hit.collection, hit.title, hit.label) == (library.collection, "Refunds", OPEN)
    assert hit.text == REFUND.decode()[hit.start : hit.end]
    assert (hit.chunk, hit.page) == (0, None)


async def k_is_kept(library: Library) -> None:
    await _fill(library)
    for mode in MODES:
        assert len(await _search(library, k=1, mode=mode)) == 1


async def forbidden_labels_never_show(library: Library) -> None:
    await _fill(library)
    for mode in MODES:
        assert "prices.md" in {hit.id for hit in await _search(library, mode=mode)}
        allowed = await _search(library, mode=mode, access=Only(OPEN))
        assert allowed
        assert "prices.md" not in {hit.id for hit in allowed}
        assert await _search(library, mode=mode, access=Only("{}")) == ()


async def deleted_documents_are_gone(library: Library) -> None:
    await _fill(library)
    for mode in MODES:
        assert "refunds.md" in {hit.id for hit in await _search(library, mode=mode)}
    await library.delete(["refunds.md"])
    for mode in MODES:
        assert "refunds.md" not in {hit.id for hit in await _search(library, mode=mode)}


async def updates_replace(library: Library) -> None:
    await _fill(library)
    await library.put("refunds.md", REFUND.replace(b"14", b"37"), OPEN)
    for mode in MODES:
        hits = [hit for hit in await _search(library, mode=mode) if hit.id == "refunds.md"]
        assert [("37" in hit.text, "14" in hit.text) for hit in hits] == [(True, False)]


async def relabelling_hides(library: Library) -> None:
    await _fill(library)
    assert "refunds.md" in {hit.id for hit in await _search(library, access=Only(OPEN))}
    await library.put("refunds.md", REFUND, SECRET)
    assert "refunds.md" not in {hit.id for hit in await _search(library, access=Only(OPEN))}


async def odd_queries_find_or_find_nothing(library: Library) -> None:
    await _fill(library)
    for query in ('"', "a AND OR NOT (", "heading:*", "-- ; DROP", "?!", "\0 nul", "é" * 500):
        for mode in MODES:
            await _search(library, query, mode=mode)


async def bad_requests_name_the_field(library: Library) -> None:
    await _fill(library)
    for query, k, param in ((" ", None, "query"), ("a", 0, "k"), ("a", MAX_HITS + 1, "k")):
        with pytest.raises(InvalidRequest) as caught:
            await _search(library, query, k=k)
        assert caught.value.param == param


async def unknown_collection_is_said(library: Library) -> None:
    request = SearchRequest("no-such", "a", Everything())
    with pytest.raises(CollectionNotFound) as caught:
        await library.searcher.search(request, Deadline.after(_SECONDS))
    assert caught.value.param == "collection"


async def passed_deadline_is_said(library: Library) -> None:
    await _fill(library)
    with pytest.raises(DeadlineExceeded):
        request = SearchRequest(library.collection, "a", Everything())
        await library.searcher.search(request, Deadline.after(0))


async def hits_cross_processes(library: Library) -> None:
    await _fill(library)
    hits = await _search(library)
    assert pickle.loads(pickle.dumps(hits)) == hits  # noqa: S301 - our own


CHECKS: tuple[Check, ...] = (
    best_comes_first,
    hits_say_where_they_stand,
    k_is_kept,
    forbidden_labels_never_show,
    deleted_documents_are_gone,
    updates_replace,
    relabelling_hides,
    odd_queries_find_or_find_nothing,
    bad_requests_name_the_field,
    unknown_collection_is_said,
    passed_deadline_is_said,
    hits_cross_processes,
)
