"""The real embedder: the contract on MiniLM's own weights, batching, and bad weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.embeddings import EmbeddingRequest
from models.errors import WeightsError
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from tests.contracts.embedder_contract import CHECKS, Check


@pytest.fixture(scope="module")
def embedder() -> Iterator[SentenceTransformerEmbedder]:
    opened = SentenceTransformerEmbedder("embed", packaged_model())
    yield opened
    opened.close()


@pytest.mark.parametrize("check", CHECKS)
async def test_contract(check: Check, embedder: SentenceTransformerEmbedder) -> None:
    await check(embedder)


async def test_meaning_without_common_words(embedder: SentenceTransformerEmbedder) -> None:
    texts = ("When do I get my money back?", "Refunds are paid quickly.", "Lamps are green.")
    found = await embedder.embed(EmbeddingRequest("embed", texts), Deadline.after(60))
    question, refund, lamps = found.vectors
    assert question @ refund > question @ lamps


async def test_text_over_the_window_is_cut_and_counted(
    embedder: SentenceTransformerEmbedder,
) -> None:
    window = embedder.identity().max_tokens
    request = EmbeddingRequest("embed", ("word " * 1000, "word"))
    found = await embedder.embed(request, Deadline.after(60))
    assert found.tokens == window + len(("[CLS]", "word", "[SEP]"))


def test_wrong_digest_is_refused() -> None:
    with pytest.raises(WeightsError) as caught:
        SentenceTransformerEmbedder("embed", packaged_model(), digest="sha256:0")
    assert caught.value.param == "digest"


def test_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        SentenceTransformerEmbedder("embed", tmp_path)
    assert caught.value.param == "path"


def test_unreadable_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError):
        SentenceTransformerEmbedder("embed", tmp_path)
