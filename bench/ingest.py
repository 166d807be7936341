"""How fast documents go in while a collection grows: `python -m bench.ingest`.

Documents of five drawn passages each, about 140 tokens a passage, go through the whole ingestor:
parse, cut, embed, SQL, full text, FAISS. Once with the real embedder, once with one that costs
nothing, which leaves what the store and its indexes take.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import about_machine
from bench.prompts import prompt
from bench.search import DrawnEmbedder
from models.deadline import Deadline
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from models.ports import Embedder
from retrieval.opening import open_retrieval
from retrieval.preparing import IngestRequest

_NAME = "grown"
_SECONDS = 3600.0
_PASSAGES = 5
_AT_ONCE = 4
_POINTS = 10


def text_of(number: int) -> bytes:
    """Document `number`: passages that no other document has."""
    first = number * _PASSAGES
    return "\n\n".join(prompt(seed) for seed in range(first, first + _PASSAGES)).encode()


async def grow(folder: Path, embedder: Embedder, count: int) -> list[dict[str, float]]:
    """Take in `count` documents; the pace in each tenth of them, by the chunks there are then."""
    retrieval = open_retrieval(folder, embedder)
    points: list[dict[str, float]] = []
    try:
        chunks = done = 0
        for part in range(_POINTS):
            until = (part + 1) * count // _POINTS
            begun = time.perf_counter()
            made = await _take_in(retrieval.ingestor, done, until)
            seconds = time.perf_counter() - begun
            if until > done:
                chunks += made
                points.append(
                    {
                        "chunks": chunks,
                        "chunks_per_s": round(made / seconds, 1),
                        "documents_per_s": round((until - done) / seconds, 1),
                    }
                )
            done = until
    finally:
        retrieval.close()
    return points


async def _take_in(ingestor: Any, first: int, last: int) -> int:
    """Documents from `first` to before `last`, a few at a time; the chunks they came to."""
    numbers = iter(range(first, last))
    made = 0

    async def worker() -> None:
        nonlocal made
        for number in numbers:
            request = IngestRequest(_NAME, f"d{number}.txt", text_of(number), "{}", flush=False)
            outcome = await ingestor.ingest(request, Deadline.after(_SECONDS))
            made += outcome.chunks

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(worker())
    return made


@contextmanager
def _embedders(kind: str) -> Iterator[Embedder]:
    if kind == "free":
        yield DrawnEmbedder({})
        return
    real = SentenceTransformerEmbedder("embed", packaged_model(), threads=2)
    try:
        yield real
    finally:
        real.close()


def main(words: Sequence[str]) -> int:
    """Print the curves as JSON, with the machine they are of."""
    parser = argparse.ArgumentParser(description="Measure taking in documents.")
    parser.add_argument("--real", type=int, default=1000, help="documents, real embedder (1000)")
    parser.add_argument("--free", type=int, default=4000, help="documents, no embedding (4000)")
    arguments = parser.parse_args(words)
    curves = {}
    for kind, count in (("real", arguments.real), ("free", arguments.free)):
        print(f"{count} documents, embedder: {kind}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder, _embedders(kind) as embedder:
            curves[kind] = asyncio.run(grow(Path(folder), embedder, count))
    about = about_machine([]) | {"command": " ".join(["python -m bench.ingest", *words])}
    print(json.dumps({"curves": curves, "machine": about}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
