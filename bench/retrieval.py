"""Measure dense, lexical and fused search on a judged set: nDCG@10, MRR, recall@10.

`python -m bench.retrieval --docs docs.jsonl --queries queries.jsonl` through the real embedder,
FAISS and FTS5. A document is `{id, title|question, text|answers}`, a query `{id, text, relevant}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from bench.ranking import Quality, judge
from models.deadline import Deadline
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from retrieval.access import Everything
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.settings import CollectionSettings, Mode

DATA = Path("../shared/data/retrieval/stackfaq")
MODES: tuple[Mode, ...] = get_args(Mode)
_CHUNKS = 100
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Documents as (id, title, text), queries by id, and what is relevant to each."""

    documents: tuple[tuple[str, str, str], ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]


def read_set(docs: Path, queries: Path) -> JudgedSet:
    """Read the two JSONL files."""
    rows = list(_rows(queries))
    return JudgedSet(
        documents=tuple(map(_document, _rows(docs))),
        queries={row["id"]: row["text"] for row in rows},
        relevant={row["id"]: frozenset(row["relevant"]) for row in rows},
    )


async def measure(judged: JudgedSet, settings: CollectionSettings) -> dict[Mode, Quality]:
    """The quality of each mode over one ingestion of the set."""
    embedder = SentenceTransformerEmbedder("embed", packaged_model(), threads=2)
    with tempfile.TemporaryDirectory() as folder:
        retrieval = open_retrieval(Path(folder), embedder)
        try:
            await _ingest(retrieval, judged, settings)
            return {
                mode: judge(await _rankings(retrieval, judged, mode), judged.relevant)
                for mode in MODES
            }
        finally:
            retrieval.close()
            embedder.close()


async def _ingest(retrieval: Retrieval, judged: JudgedSet, settings: CollectionSettings) -> None:
    for number, (id_, title, text) in enumerate(judged.documents):
        request = IngestRequest(
            "bench",
            id_,
            text.encode(),
            label="{}",
            title=title,
            media_type="text/plain",
            settings=None if number else settings,
            flush=False,
        )
        await retrieval.ingestor.ingest(request, Deadline.after(_SECONDS))


async def _rankings(
    retrieval: Retrieval, judged: JudgedSet, mode: Mode
) -> dict[str, tuple[str, ...]]:
    rankings = {}
    for id_, text in judged.queries.items():
        request = SearchRequest("bench", text, Everything(), k=_CHUNKS, mode=mode)
        hits = await retrieval.searcher.search(request, Deadline.after(_SECONDS))
        rankings[id_] = tuple(dict.fromkeys(hit.id for hit in hits))
    return rankings


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _document(row: Mapping[str, Any]) -> tuple[str, str, str]:
    title = row.get("title") or row.get("question") or ""
    text = row.get("text") or "\n\n".join(row.get("answers", ()))
    return str(row["id"]), title, text


def report(judged: JudgedSet, measured: Mapping[Mode, Quality]) -> dict[str, Any]:
    """The document `--json` prints; `tuned` is the mode with the best nDCG@10 on this set."""
    best = max(MODES, key=lambda mode: measured[mode].ndcg10)
    modes = {mode: asdict(quality) for mode, quality in measured.items()}
    return {
        "n_docs": len(judged.documents),
        "n_queries": len(judged.queries),
        **modes,
        "tuned": {"setting": {"mode": best}, **modes[best]},
    }


def _table(measured: Mapping[Mode, Quality]) -> Iterable[str]:
    yield "mode     nDCG@10  95 %           MRR    recall@10"
    for mode, quality in measured.items():
        low, high = quality.ci95
        yield (
            f"{mode:8} {quality.ndcg10:.3f}    {low:.3f}-{high:.3f}    "
            f"{quality.mrr:.3f}  {quality.recall10:.3f}"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure search on a judged set.")
    parser.add_argument("--docs", type=Path, default=DATA / "docs.jsonl")
    parser.add_argument("--queries", type=Path, default=DATA / "queries.jsonl")
    parser.add_argument("--chunk-tokens", type=int, default=200)
    parser.add_argument("--overlap", type=float, default=0.175)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Print the measures; exit 2 when there is nothing to measure on."""
    arguments = _arguments()
    for path in (arguments.docs, arguments.queries):
        if not path.is_file():
            print(f"skipped: there is no {path}; say --docs and --queries", file=sys.stderr)
            return 2
    judged = read_set(arguments.docs, arguments.queries)
    settings = CollectionSettings(chunk_tokens=arguments.chunk_tokens, overlap=arguments.overlap)
    measured = asyncio.run(measure(judged, settings))
    if arguments.json:
        print(json.dumps(report(judged, measured)))
    else:
        print("\n".join(_table(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
