"""Documents into a served collection, beside the embedder alone on the same passages, in turns.

`python -m bench.ingest_served --sets FOLDER …` starts Podium with just the embedder and sends the
documents by the uploader of `podium ingest`: files read, sent, labelled, parsed, cut, embedded and
written. The embedder alone is the same engine with the same settings in this process, given the
same passages by the same requests, a document each and as many at once. Rounds go first to one
side, then to the other. Told are passages a second, and the ratio with a 95 % interval that draws
rounds. With `--in-process` there is no Podium: the ingestor has the engine in this process, which
leaves out HTTP, Ray and governance, and the ratio of processor time is told too, which other work
on the machine does not move.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.chat import stopped_in_order
from bench.machine import about_machine
from bench.paired import estimate
from bench.servers import start_podium
from deployments.cli.target import Target
from deployments.cli.upload import CONCURRENCY, Uploader
from deployments.cli.walk import Source
from deployments.open_home import open_home
from models.catalog import builtin_catalog, load_catalog
from models.deadline import Deadline
from models.embeddings import EmbeddingRequest
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from models.local.embedder_settings import EmbedderSettings
from retrieval.judged import read_set
from retrieval.opening import open_retrieval
from retrieval.preparing import IngestRequest, prepare
from retrieval.settings import CollectionSettings

NAME = "bench"
_MODELS = '["embed"]'
_SECONDS = 600.0


Take = Callable[[tuple[Source, ...]], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of this process's threads."""

    wall_s: float
    processor_s: float


@dataclass(frozen=True, slots=True)
class Round:
    """Both sides over the same passages."""

    chunks: int
    served: Spent
    alone: Spent


@dataclass(frozen=True, slots=True)
class Slice:
    """The documents of one round: files, and the passages each is cut into."""

    sources: tuple[Source, ...]
    texts: tuple[tuple[str, ...], ...]

    @property
    def chunks(self) -> int:
        """How many passages in all."""
        return sum(map(len, self.texts))


def slices(folder: Path, sets: Sequence[Path], size: int, most: int) -> Iterator[Slice]:
    """Files of at least `size` passages each, `most` in all, those of each set in their order."""
    sources: list[Source] = []
    texts: list[tuple[str, ...]] = []
    total = 0
    for place in sets:
        for id_, title, text in read_set(place / "docs.jsonl", place / "queries.jsonl").documents:
            path = folder / f"{place.name}-{id_}.md"
            path.write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
            request = IngestRequest(NAME, path.name, path.read_bytes(), "{}")
            texts.append(prepare(request, CollectionSettings()).texts)
            sources.append(Source(path, path.name, "text/markdown"))
            part = Slice(tuple(sources), tuple(texts))
            if part.chunks >= size:
                yield part
                total += part.chunks
                sources, texts = [], []
            if total >= most:
                return


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start, measure, stop; the document with both sides."""
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder, stopped_in_order() as stack:
        files = Path(folder) / "files"
        files.mkdir()
        parts = list(slices(files, arguments.sets, arguments.round, arguments.chunks))
        engine = _engine()
        stack.callback(engine.close)
        place = Path(folder)
        take = _local(stack, place, engine) if arguments.in_process else _served(stack, place)
        _warm(engine, take, files)
        end = time.monotonic() + arguments.seconds
        for number, part in enumerate(parts, start=1):
            if time.monotonic() > end:
                break
            served, alone = _round(engine, take, part, first=number % 2 == 0)
            rounds.append(Round(part.chunks, served, alone))
            ratio = alone.wall_s / served.wall_s
            print(f"{number} of {len(parts)}: ratio {ratio:.2f}", file=sys.stderr, flush=True)
    return _report(rounds, in_process=arguments.in_process)


def _engine() -> SentenceTransformerEmbedder:
    card = load_catalog([builtin_catalog()]).card("embed")
    settings = EmbedderSettings.model_validate(card.engine)
    return SentenceTransformerEmbedder("embed", packaged_model(), **dict(settings))


def _warm(engine: SentenceTransformerEmbedder, take: Take, files: Path) -> None:
    path = files / "warm.md"
    path.write_text("# Warm\n\nA few words.\n")
    asyncio.run(take((Source(path, path.name, "text/markdown"),)))
    _alone(engine, (("A few words.",),))


def _round(
    engine: SentenceTransformerEmbedder, take: Take, part: Slice, *, first: bool
) -> tuple[Spent, Spent]:
    """What Podium and the embedder alone took, which comes `first` or second."""
    alone = _alone(engine, part.texts) if first else None
    served = _spent(take(part.sources))
    return served, alone or _alone(engine, part.texts)


def _spent(work: Coroutine[Any, Any, None]) -> Spent:
    wall, processor = time.perf_counter(), time.process_time()
    asyncio.run(work)
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def _served(stack: ExitStack, folder: Path) -> Take:
    """By the uploader of `podium ingest`, into a Podium of its own."""
    home = open_home(folder / "home")
    cut = CollectionSettings().model_dump_json()
    home.settings.write_text(f'{{"retriever": {{"collection": {cut}}}}}')
    server = start_podium(stack, folder, home.path, _MODELS).settle()

    async def take(sources: tuple[Source, ...]) -> None:
        target = Target(server.url, server.key)
        report = await Uploader(target, NAME, _SECONDS, lambda: None).upload(sources)
        if report.failed or report.added != len(sources):
            raise AssertionError(f"not all were added: {report.as_json()}")

    return take


def _local(stack: ExitStack, folder: Path, engine: SentenceTransformerEmbedder) -> Take:
    """By the ingestor in this process, as many at once as the uploader sends."""
    retrieval = open_retrieval(folder / "collections", engine)
    stack.callback(retrieval.close)

    async def one(source: Source, slots: asyncio.Semaphore) -> None:
        async with slots:
            content = source.path.read_bytes()
            request = IngestRequest(NAME, source.id, content, "{}", flush=False)
            await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))

    async def take(sources: tuple[Source, ...]) -> None:
        slots = asyncio.Semaphore(CONCURRENCY)
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(one(source, slots))

    return take


def _alone(engine: SentenceTransformerEmbedder, texts: tuple[tuple[str, ...], ...]) -> Spent:
    """The same requests, as many at once: a request a document."""

    async def one(passages: tuple[str, ...], slots: asyncio.Semaphore) -> None:
        async with slots:
            request = EmbeddingRequest("embed", passages, "document")
            await engine.embed(request, Deadline.after(_SECONDS))

    async def every() -> None:
        slots = asyncio.Semaphore(CONCURRENCY)
        async with asyncio.TaskGroup() as group:
            for passages in texts:
                group.create_task(one(passages, slots))

    return _spent(every())


def _report(rounds: Sequence[Round], *, in_process: bool) -> dict[str, Any]:
    ratio = estimate([[one.alone.wall_s / one.served.wall_s] for one in rounds])
    told = {
        "chunks": sum(one.chunks for one in rounds),
        "rounds": len(rounds),
        "served_per_s": estimate([[one.chunks / one.served.wall_s] for one in rounds]).value,
        "alone_per_s": estimate([[one.chunks / one.alone.wall_s] for one in rounds]).value,
        "ratio": ratio.value,
        "ratio_ci95": ratio.interval,
    }
    if in_process:
        work = estimate([[one.alone.processor_s / one.served.processor_s] for one in rounds])
        told |= {"processor_ratio": work.value, "processor_ratio_ci95": work.interval}
    return told


def main() -> int:
    """Print the figures as JSON, with the machine they are of."""
    parser = argparse.ArgumentParser(description="Measure ingestion beside the embedder alone.")
    parser.add_argument(
        "--sets", type=Path, nargs="+", required=True, help="folders of docs and queries.jsonl"
    )
    parser.add_argument("--chunks", type=int, default=3_000)
    parser.add_argument("--round", type=int, default=100, help="passages a round")
    parser.add_argument("--in-process", action="store_true", help="the ingestor alone, no Podium")
    parser.add_argument("--seconds", type=float, default=3_600.0, help="begin no round after these")
    arguments = parser.parse_args()
    about = about_machine(sys.argv[1:], "ingest_served")
    print(json.dumps({**run(arguments), "machine": about}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
