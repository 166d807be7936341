"""What every Embedder must do; run each of CHECKS over each implementation."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from models.deadline import Deadline
from models.embeddings import EmbeddingRequest, Embeddings
from models.errors import DeadlineExceeded, InvalidRequest, ModelNotFound
from models.ports import Embedder

Check = Callable[[Embedder], Awaitable[None]]

TEXTS = ("The refund for a headset takes 14 days.", "A router has lamps.", "refund headset days")
_SECONDS = 60.0


async def _embed(embedder: Embedder, *texts: str) -> Embeddings:
    request = EmbeddingRequest(embedder.identity().model, texts)
    return await embedder.embed(request, Deadline.after(_SECONDS))


async def one_vector_a_text(embedder: Embedder) -> None:
    found = await _embed(embedder, *TEXTS)
    assert found.vectors.shape == (len(TEXTS), embedder.identity().dim)
    assert found.vectors.dtype == np.float32
    assert found.tokens >= len(TEXTS)


async def identity_comes_with_the_vectors(embedder: Embedder) -> None:
    assert (await _embed(embedder, "a")).identity == embedder.identity()
    assert embedder.identity() == embedder.identity()


async def order_is_kept(embedder: Embedder) -> None:
    together = (await _embed(embedder, *TEXTS)).vectors
    for text, vector in zip(TEXTS, together, strict=True):
        alone = (await _embed(embedder, text)).vectors[0]
        np.testing.assert_allclose(alone, vector, atol=1e-4)


async def length_is_one_when_normalised(embedder: Embedder) -> None:
    lengths = np.linalg.norm((await _embed(embedder, *TEXTS)).vectors, axis=1)
    if embedder.identity().normalised:
        np.testing.assert_allclose(lengths, 1.0, atol=1e-4)


async def alike_texts_are_near(embedder: Embedder) -> None:
    refund, router, words = (await _embed(embedder, *TEXTS)).vectors
    assert refund @ words > refund @ router


async def no_text_gives_no_vector(embedder: Embedder) -> None:
    assert (await _embed(embedder)).vectors.shape == (0, embedder.identity().dim)


async def empty_text_is_refused(embedder: Embedder) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await _embed(embedder, "good", " ")
    assert caught.value.param == "input"


async def another_model_is_refused(embedder: Embedder) -> None:
    with pytest.raises(ModelNotFound):
        await embedder.embed(EmbeddingRequest("no-such", ("a",)), Deadline.after(_SECONDS))


async def passed_deadline_is_said(embedder: Embedder) -> None:
    request = EmbeddingRequest(embedder.identity().model, TEXTS)
    with pytest.raises(DeadlineExceeded):
        await embedder.embed(request, Deadline.after(0))


async def concurrent_calls_get_their_own(embedder: Embedder) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_embed(embedder, text)) for text in TEXTS * 4]
    alone = (await _embed(embedder, *TEXTS)).vectors
    for number, task in enumerate(tasks):
        np.testing.assert_allclose(task.result().vectors[0], alone[number % len(TEXTS)], atol=1e-4)


async def cancelling_harms_no_other(embedder: Embedder) -> None:
    cancelled = asyncio.create_task(_embed(embedder, *TEXTS * 20))
    other = asyncio.create_task(_embed(embedder, TEXTS[0]))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert (await other).vectors.shape[0] == 1


async def results_cross_processes(embedder: Embedder) -> None:
    found = await _embed(embedder, *TEXTS)
    copy = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    np.testing.assert_array_equal(copy.vectors, found.vectors)
    assert copy.identity == found.identity


CHECKS: tuple[Check, ...] = (
    one_vector_a_text,
    identity_comes_with_the_vectors,
    order_is_kept,
    length_is_one_when_normalised,
    alike_texts_are_near,
    no_text_gives_no_vector,
    empty_text_is_refused,
    another_model_is_refused,
    passed_deadline_is_said,
    concurrent_calls_get_their_own,
    cancelling_harms_no_other,
    results_cross_processes,
)
