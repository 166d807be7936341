"""Between gateway and Retriever: a label that is altered on its way is nobody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deployments.ports import RemoteSearcher
from deployments.sealed_retrieval import Sealed, SealedRemote, SealedRetrieval
from models.deadline import Deadline
from models.errors import InvalidDocument
from retrieval.opening import open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from router.label import Clearance, Label, LabelFilter, Level
from router.label_seal import NOBODYS, LabelSeals, seal_key
from tests.words_embedder import WordsEmbedder

SEALS = LabelSeals(seal_key(b"s" * 32))
OURS = frozenset({"acme"})
LOW = Label(Level.PUBLIC, tenants=OURS).to_json()
HIGH = Label(Level.CONFIDENTIAL, tenants=OURS).to_json()
MANAGER = LabelFilter(Clearance(Level.RESTRICTED, None, tenants=OURS))
SEARCH = SearchRequest("kb", "refund", MANAGER)
DOCUMENT = IngestRequest("kb", "a", b"refund of money", HIGH, media_type="text/plain")
Change = Callable[[Any], Any]


def same(one: Any) -> Any:
    return one


@dataclass
class Wire:
    """The Retriever, over a way on which `sent` and `came` may be changed."""

    target: SealedRetrieval
    name: str = "retriever"
    sent: Change = same
    came: Change = same

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        return self.came(await getattr(self.target, method)(*map(self.sent, args)))

    def stream(self, method: str, *args: object, deadline: Deadline) -> Any:
        raise NotImplementedError


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    retrieval = open_retrieval(tmp_path, WordsEmbedder(), seals=SEALS)
    yield Wire(SealedRetrieval(retrieval, SEALS))
    retrieval.close()


async def _asked(wire: Wire, method: str, *args: Any) -> Any:
    args = (*args, 30.0) if method in ("search", "ingest") else args
    return await SealedRemote(wire, SEALS).call(method, *args, deadline=Deadline.after(30))


def _lowered(found: Any) -> Any:
    """The label of every item put down."""
    if isinstance(found, Sealed):
        low = LOW if isinstance(found.data, str) else replace(found.data, label=LOW)
        return replace(found, data=low)
    return type(found)(map(_lowered, found)) if isinstance(found, tuple | frozenset) else found


def _unsealed(found: Any) -> Any:
    if isinstance(found, Sealed):
        return replace(found, seal="")
    return type(found)(map(_unsealed, found)) if isinstance(found, tuple | frozenset) else found


@pytest.mark.parametrize("change", [_lowered, _unsealed])
@pytest.mark.parametrize(
    ("method", "args"),
    [("search", (SEARCH,)), ("documents", ("kb",)), ("document", ("kb", "a"))],
)
async def test_what_comes_back_altered_is_nobody_s(
    wire: Wire, method: str, args: tuple[Any, ...], change: Change
) -> None:
    await _asked(wire, "ingest", DOCUMENT)

    async def labels() -> set[str]:
        found = await _asked(wire, method, *args)
        return {one.label for one in (found if isinstance(found, tuple) else (found,))}

    assert await labels() == {HIGH}
    wire.came = change
    assert await labels() == {NOBODYS}


@pytest.mark.parametrize("change", [_lowered, _unsealed])
async def test_a_search_gives_nothing_of_what_was_altered(wire: Wire, change: Change) -> None:
    await _asked(wire, "ingest", DOCUMENT)
    searcher = RemoteSearcher(SealedRemote(wire, SEALS))
    deadline = Deadline.after(30)
    assert [hit.id for hit in await searcher.search(SEARCH, deadline)] == ["a"]
    assert await searcher.labels(SEARCH, deadline) == {HIGH}
    wire.came = change
    assert await searcher.search(SEARCH, deadline) == ()
    assert await searcher.labels(SEARCH, deadline) == frozenset()


@pytest.mark.parametrize("change", [_lowered, _unsealed])
async def test_a_document_whose_label_was_altered_is_not_stored(wire: Wire, change: Change) -> None:
    await _asked(wire, "ingest", DOCUMENT)
    wire.sent = change
    with pytest.raises(InvalidDocument):
        await _asked(wire, "ingest", replace(DOCUMENT, id="b"))
    wire.sent = same
    assert [one.id for one in await _asked(wire, "documents", "kb")] == ["a"]
