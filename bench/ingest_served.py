"""Documents into a served collection, beside the embedder alone on the same passages, in turns.

`python -m bench.ingest_served --sets FOLDER …` starts Podium with just the embedder and sends the
documents by the uploader of `podium ingest`: files read, sent, labelled, parsed, cut, embedded and
written. The embedder alone is the same engine with the same settings in this process, given the
same passages at once. Rounds go first to one side, then to the other. Told are passages a second,
and the ratio with a 95 % interval that draws rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.chat import stopped_in_order
from bench.machine import about_machine
from bench.paired import estimate
from bench.servers import Server, start_podium
from deployments.cli.target import Target
from deployments.cli.upload import Uploader
from deployments.cli.walk import Source
from deployments.open_home import open_home
from models.catalog import builtin_catalog, load_catalog
from models.deadline import Deadline
from models.embeddings import EmbeddingRequest
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from models.local.embedder_settings import EmbedderSettings
from retrieval.judged import read_set
from retrieval.preparing import IngestRequest, prepare
from retrieval.settings import CollectionSettings

NAME = "bench"
_MODELS = '["embed"]'
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Slice:
    """The documents of one round: files, and the passages they are cut into."""

    sources: tuple[Source, ...]
    texts: tuple[str, ...]


def slices(folder: Path, sets: Sequence[Path], size: int, most: int) -> Iterator[Slice]:
    """Files of at least `size` passages each, `most` in all, those of each set in their order."""
    sources: list[Source] = []
    texts: list[str] = []
    total = 0
    for place in sets:
        for id_, title, text in read_set(place / "docs.jsonl", place / "queries.jsonl").documents:
            path = folder / f"{place.name}-{id_}.md"
            path.write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
            request = IngestRequest(NAME, path.name, path.read_bytes(), "{}")
            texts += prepare(request, CollectionSettings()).texts
            sources.append(Source(path, path.name, "text/markdown"))
            if len(texts) >= size:
                yield Slice(tuple(sources), tuple(texts))
                total += len(texts)
                sources, texts = [], []
            if total >= most:
                return


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start, measure, stop; the document with both sides."""
    rounds: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder, stopped_in_order() as stack:
        files = Path(folder) / "files"
        files.mkdir()
        parts = list(slices(files, arguments.sets, arguments.round, arguments.chunks))
        home = open_home(Path(folder) / "home")
        cut = CollectionSettings().model_dump_json()
        home.settings.write_text(f'{{"retriever": {{"collection": {cut}}}}}')
        server = start_podium(stack, Path(folder), home.path, _MODELS).settle()
        engine = _engine()
        stack.callback(engine.close)
        _warm(engine, server, files)
        end = time.monotonic() + arguments.seconds
        for number, part in enumerate(parts, start=1):
            if time.monotonic() > end:
                break
            rounds.append(_round(engine, server, part, first=number % 2 == 0))
            served, alone = rounds[-1]
            print(f"{number} of {len(parts)}: {served:.1f} and {alone:.1f} a second, "
                  f"ratio {served / alone:.2f}", file=sys.stderr, flush=True)  # fmt: skip
    return _report(rounds, sum(len(part.texts) for part in parts[: len(rounds)]))


def _engine() -> SentenceTransformerEmbedder:
    card = load_catalog([builtin_catalog()]).card("embed")
    settings = EmbedderSettings.model_validate(card.engine)
    return SentenceTransformerEmbedder("embed", packaged_model(), **dict(settings))


def _warm(engine: SentenceTransformerEmbedder, server: Server, files: Path) -> None:
    path = files / "warm.md"
    path.write_text("# Warm\n\nA few words.\n")
    _served(server, Slice((Source(path, path.name, "text/markdown"),), ("A few words.",)))
    _alone(engine, ("A few words.",))


def _round(
    engine: SentenceTransformerEmbedder, server: Server, part: Slice, *, first: bool
) -> tuple[float, float]:
    """Passages a second of Podium and of the embedder alone, which comes `first` or second."""
    alone = _alone(engine, part.texts) if first else 0.0
    served = _served(server, part)
    alone = alone or _alone(engine, part.texts)
    return len(part.texts) / served, len(part.texts) / alone


def _served(server: Server, part: Slice) -> float:
    uploader = Uploader(Target(server.url, server.key), NAME, _SECONDS, lambda: None)
    begun = time.perf_counter()
    report = asyncio.run(uploader.upload(part.sources))
    if report.failed or report.added != len(part.sources):
        raise AssertionError(f"not all were added: {report.as_json()}")
    return time.perf_counter() - begun


def _alone(engine: SentenceTransformerEmbedder, texts: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    asyncio.run(
        engine.embed(EmbeddingRequest("embed", texts, "document"), Deadline.after(_SECONDS))
    )
    return time.perf_counter() - begun


def _report(rounds: Sequence[tuple[float, float]], chunks: int) -> dict[str, Any]:
    ratio = estimate([[served / alone] for served, alone in rounds])
    return {
        "chunks": chunks,
        "rounds": len(rounds),
        "served_per_s": estimate([[served] for served, _ in rounds]).value,
        "alone_per_s": estimate([[alone] for _, alone in rounds]).value,
        "ratio": ratio.value,
        "ratio_ci95": ratio.interval,
    }


def main() -> int:
    """Print the figures as JSON, with the machine they are of."""
    parser = argparse.ArgumentParser(description="Measure ingestion beside the embedder alone.")
    parser.add_argument(
        "--sets", type=Path, nargs="+", required=True, help="folders of docs and queries.jsonl"
    )
    parser.add_argument("--chunks", type=int, default=3_000)
    parser.add_argument("--round", type=int, default=100, help="passages a round")
    parser.add_argument("--seconds", type=float, default=3_600.0, help="begin no round after these")
    arguments = parser.parse_args()
    about = about_machine(sys.argv[1:], "ingest_served")
    print(json.dumps({**run(arguments), "machine": about}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
