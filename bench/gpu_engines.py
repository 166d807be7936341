"""Throughput of a speech model and of an embedder, each alone in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.prompts import prompt
from models.deadline import Deadline
from models.embeddings import EmbeddingRequest
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from models.local.whisper import load_whisper
from models.local.whisper_settings import WhisperSettings

_RATE, _WINDOW_S = 16_000, 30
_PLENTY_S = 600.0
Where = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` of `unit` in each round's seconds, `batch` at a time."""

    engine: str
    unit: str
    batch: int
    amount: float
    seconds: tuple[float, ...]

    @property
    def each_second(self) -> float:
        """That of the median round."""
        return self.amount / sorted(self.seconds)[len(self.seconds) // 2]


def speech_rates(
    folder: Path, where: Where, batches: Sequence[int], windows: int, rounds: int, tokens: int
) -> Iterator[Rate]:
    """Seconds of sound that faster-whisper writes down in one; every window has `tokens` tokens.

    What weights drawn by chance write is no text, so nothing ends before it must.
    """
    import numpy as np
    from faster_whisper import BatchedInferencePipeline

    settings = WhisperSettings(
        device=where, compute_type="float16" if where == "cuda" else "float32"
    )
    pipeline = BatchedInferencePipeline(load_whisper("whisper", folder, settings))
    sound = np.random.default_rng(1).normal(0, 0.1, windows * _WINDOW_S * _RATE)
    sound = sound.astype(np.float32)
    clips = [
        {"start": float(n * _WINDOW_S), "end": float((n + 1) * _WINDOW_S)} for n in range(windows)
    ]
    for batch in batches:

        def once(batch: int = batch) -> None:
            segments, _ = pipeline.transcribe(
                sound,
                language="en",
                clip_timestamps=clips,
                batch_size=batch,
                beam_size=settings.beam,
                temperature=[0.0],
                without_timestamps=True,
                max_new_tokens=tokens,
                no_speech_threshold=None,
                log_prob_threshold=None,
                compression_ratio_threshold=None,
            )
            for _ in segments:
                continue

        took = _timed(once, rounds)
        yield Rate("faster-whisper", "s of sound", batch, float(windows * _WINDOW_S), took)


def embedder_rates(
    where: Where, batch_tokens: Sequence[int], texts: int, rounds: int
) -> Iterator[Rate]:
    """Tokens a second that the packaged embedder reads, by the most of a batch."""
    said = tuple(prompt(seed) for seed in range(texts))
    for size in batch_tokens:
        engine = SentenceTransformerEmbedder(
            "embed", packaged_model(), batch_tokens=size, device=where
        )
        read, took = asyncio.run(_embedded(engine, said, rounds))
        engine.close()
        yield Rate("embedder", "tokens", size, float(read), took)


async def _embedded(
    engine: SentenceTransformerEmbedder, texts: tuple[str, ...], rounds: int
) -> tuple[int, tuple[float, ...]]:
    """Tokens of a round, and the seconds of each after one that is not kept."""
    read, took = 0, []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        request = EmbeddingRequest("embed", texts, "document")
        read = (await engine.embed(request, Deadline.after(_PLENTY_S))).tokens
        took.append(time.perf_counter() - began)
    return read, tuple(took[1:])


def table(rates: Sequence[Rate]) -> Iterator[str]:
    """The rates in Markdown."""
    yield "| engine | batch | a second | |"
    yield "|---|---|---|---|"
    for one in rates:
        yield f"| {one.engine} | {one.batch} | {one.each_second:,.0f} | {one.unit} |"


def _timed(once: Callable[[], None], rounds: int) -> tuple[float, ...]:
    """Seconds of each round, after one that is not kept."""
    took = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        once()
        took.append(time.perf_counter() - began)
    return tuple(took[1:])
