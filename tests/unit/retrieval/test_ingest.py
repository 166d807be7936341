"""Ingesting: added, updated, unchanged; failures leave what was there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.embeddings import EmbeddingRequest, Embeddings
from models.errors import InvalidDocument, InvalidRequest, Unavailable
from retrieval.access import Everything
from retrieval.errors import CollectionNotFound
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.settings import CollectionSettings
from tests.pdf import make_pdf
from tests.words_embedder import WordsEmbedder

_SECONDS = 60.0
REQUEST = IngestRequest("kb", "policies/returns.md", b"# Returns\n\nWithin 30 days.\n", "{}")


class FailingEmbedder(WordsEmbedder):
    """Answers until it is told to fail."""

    failing = False

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        if self.failing:
            raise Unavailable("The embedder is away.")
        return await super().embed(request, deadline)


async def _ingest(retrieval: Retrieval, request: IngestRequest) -> str:
    outcome = await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))
    assert outcome.id == request.id
    return outcome.status


async def test_statuses(retrieval: Retrieval, embedder: WordsEmbedder) -> None:
    assert await _ingest(retrieval, REQUEST) == "added"
    embedded = embedder.texts
    assert await _ingest(retrieval, REQUEST) == "unchanged"
    assert embedder.texts == embedded
    assert await _ingest(retrieval, replace(REQUEST, content=b"# Returns\n\n40 days.")) == "updated"
    assert len(retrieval.store.documents("kb")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"label": '{"level":"RESTRICTED"}'},
        {"title": "Another title"},
        {"metadata": {"owner": "support"}},
        {"media_type": "text/plain"},
        {"settings": CollectionSettings(chunk_tokens=64)},
    ],
)
async def test_same_bytes_otherwise_described_are_an_update(
    retrieval: Retrieval, change: dict[str, object]
) -> None:
    await _ingest(retrieval, REQUEST)
    changed = replace(REQUEST, **change)  # type: ignore[arg-type]
    assert await _ingest(retrieval, changed) == "updated"
    assert await _ingest(retrieval, changed) == "unchanged"


async def test_listing_says_what_was_given(retrieval: Retrieval) -> None:
    await _ingest(retrieval, replace(REQUEST, path="a/returns.md", metadata={"owner": "x"}))
    (document,) = retrieval.store.documents("kb")
    assert document.id == "policies/returns.md"
    assert (document.title, document.path, document.chunks) == ("Returns", "a/returns.md", 1)
    assert (document.media_type, document.metadata) == ("text/markdown", {"owner": "x"})


async def test_pdf_pages_come_back_with_the_hit(retrieval: Retrieval) -> None:
    content = make_pdf("Nothing of note here.", "The refund takes 14 days.")
    settings = CollectionSettings(chunk_tokens=16, overlap=0)
    request = IngestRequest("kb", "manual.pdf", content, "{}", settings=settings)
    await _ingest(retrieval, request)
    hits = await retrieval.searcher.search(
        SearchRequest("kb", "refund days", Everything()), Deadline.after(_SECONDS)
    )
    assert (hits[0].page, hits[0].text) == (2, "The refund takes 14 days.")


@pytest.mark.parametrize("content", [b"\xff\xfe bad", b"", b"a\0b"])
async def test_bad_document_leaves_the_old_one(retrieval: Retrieval, content: bytes) -> None:
    await _ingest(retrieval, REQUEST)
    with pytest.raises(InvalidDocument) as caught:
        await _ingest(retrieval, replace(REQUEST, content=content))
    assert REQUEST.id in caught.value.message
    assert [document.chunks for document in retrieval.store.documents("kb")] == [1]


async def test_failing_embedder_leaves_the_old_one(tmp_path: Path) -> None:
    embedder = FailingEmbedder()
    retrieval = open_retrieval(tmp_path, embedder)
    await _ingest(retrieval, REQUEST)
    before = retrieval.store.documents("kb")
    embedder.failing = True
    with pytest.raises(Unavailable):
        await _ingest(retrieval, replace(REQUEST, content=b"# Returns\n\nNever."))
    assert retrieval.store.documents("kb") == before
    retrieval.close()


@pytest.mark.parametrize("id", ["", "a\nb", "a\0", "x" * 513])
async def test_bad_ids_are_refused(retrieval: Retrieval, id: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await _ingest(retrieval, replace(REQUEST, id=id))
    assert caught.value.param == "id"


async def test_many_at_once_are_all_there(retrieval: Retrieval) -> None:
    requests = [
        IngestRequest("kb", f"{number}.md", f"word{number}".encode(), "{}", flush=False)
        for number in range(30)
    ]
    async with asyncio.TaskGroup() as group:
        for request in [*requests, *requests[:5]]:
            group.create_task(_ingest(retrieval, request))
    await retrieval.ingestor.flush("kb", Deadline.after(_SECONDS))
    assert len(retrieval.store.documents("kb")) == 30
    hits = await retrieval.searcher.search(
        SearchRequest("kb", "word17", Everything(), k=1), Deadline.after(_SECONDS)
    )
    assert hits[0].id == "17.md"


async def test_long_document_is_embedded_in_parts(
    retrieval: Retrieval, embedder: WordsEmbedder
) -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(2000))
    settings = CollectionSettings(chunk_tokens=32)
    await _ingest(retrieval, replace(REQUEST, content=text.encode(), settings=settings))
    (document,) = retrieval.store.documents("kb")
    assert document.chunks == embedder.texts > 64


async def test_dropped_collection_is_gone_with_its_files(
    retrieval: Retrieval, tmp_path: Path
) -> None:
    await _ingest(retrieval, REQUEST)
    assert list((tmp_path / "index").iterdir())
    await retrieval.ingestor.drop("kb", Deadline.after(_SECONDS))
    assert not list((tmp_path / "index").iterdir())
    with pytest.raises(CollectionNotFound):
        retrieval.store.documents("kb")
    assert await _ingest(retrieval, REQUEST) == "added"


@dataclass(frozen=True)
class Shouting:
    """Raises the label of whatever holds a word."""

    word: str

    def joined(self, label: str, text: str) -> str:
        return '{"raised":true}' if self.word in text else label

    @property
    def digest(self) -> str:
        return self.word


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ({}, False),
        ({"content": b"# Returns\n\nWithin 30 days, ZEISIG.\n"}, True),
        ({"content": b"# ZEISIG\n\nWithin 30 days.\n"}, True),
        ({"title": "ZEISIG"}, True),
        ({"id": "ZEISIG.md"}, True),
        ({"path": "ZEISIG.md"}, True),
        ({"metadata": {"owner": "ZEISIG"}}, True),
    ],
)
async def test_a_document_is_stored_with_the_label_that_its_text_raises(
    retrieval: Retrieval, given: dict[str, object], raised: bool
) -> None:
    await _ingest(retrieval, replace(REQUEST, detection=Shouting("ZEISIG"), **given))  # type: ignore[arg-type]
    (document,) = retrieval.store.documents("kb")
    assert (document.label == '{"raised":true}') is raised


async def test_documents_are_read_again_under_other_rules(retrieval: Retrieval) -> None:
    await _ingest(retrieval, replace(REQUEST, detection=Shouting("ZEISIG")))
    assert await _ingest(retrieval, replace(REQUEST, detection=Shouting("ZEISIG"))) == "unchanged"
    assert await _ingest(retrieval, replace(REQUEST, detection=Shouting("30 days"))) == "updated"
    (document,) = retrieval.store.documents("kb")
    assert document.label == '{"raised":true}'
