"""Measure dense, lexical, fused and tuned search on a judged set: nDCG@10, MRR, recall@10.

`podium bench retrieval --docs docs.jsonl --queries queries.jsonl` through the real embedder,
FAISS and FTS5. A document is `{id, title|question, text|answers}`, a query `{id, text, relevant}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from models.errors import PodiumError
from models.local.embedder import SentenceTransformerEmbedder, packaged_model
from retrieval.judged import JudgedSet, read_set
from retrieval.ranking import Quality, judge
from retrieval.settings import CollectionSettings, Mode
from retrieval.tuning import Found, Rankings, Setting, Tuned, tune
from retrieval.tuning_run import rank_set

DATA = Path("../shared/data/retrieval/stackfaq")
MODES: tuple[Mode, ...] = get_args(Mode)


async def rank(
    judged: JudgedSet, settings: CollectionSettings, sizes: Iterable[int]
) -> dict[int, dict[str, Found]]:
    """The rankings of every query, by the packaged embedder."""
    embedder = SentenceTransformerEmbedder("embed", packaged_model(), threads=2)
    try:
        return await rank_set(judged, embedder, settings, list(sizes), _note)
    finally:
        embedder.close()


def measure(
    rankings: Rankings, judged: JudgedSet, settings: CollectionSettings
) -> dict[Mode, Quality]:
    """The quality of each mode as the settings cut and fuse."""
    found = rankings[settings.chunk_tokens]

    def quality(mode: Mode) -> Quality:
        setting = Setting(settings.chunk_tokens, mode, settings.rrf_k, settings.dense_weight)
        ranked = {query: one.documents(setting) for query, one in found.items()}
        return judge(ranked, judged.relevant)

    return {mode: quality(mode) for mode in MODES}


def report(judged: JudgedSet, measured: Mapping[Mode, Quality], tuned: Tuned) -> dict[str, Any]:
    """The document `--json` prints.

    `tuned` has the setting that `podium tune` would pick, and the quality of picking so: each query
    ranked by a setting that was picked without it.
    """
    return {
        "n_docs": len(judged.documents),
        "n_queries": len(judged.queries),
        **{mode: asdict(quality) for mode, quality in measured.items()},
        "tuned": {
            "setting": tuned.chosen.values(),
            "is_default": tuned.chosen == tuned.default,
            "gain": tuned.gain,
            "gain_ci95": tuned.gain_ci95,
            **asdict(judge(tuned.held_out, judged.relevant)),
        },
    }


def _table(measured: Mapping[Mode, Quality], judged: JudgedSet, tuned: Tuned) -> Iterable[str]:
    yield "mode     nDCG@10  95 %           MRR    recall@10"
    rows = [*measured.items(), ("tuned", judge(tuned.held_out, judged.relevant))]
    for mode, quality in rows:
        low, high = quality.ci95
        yield (
            f"{mode:8} {quality.ndcg10:.3f}    {low:.3f}-{high:.3f}    "
            f"{quality.mrr:.3f}  {quality.recall10:.3f}"
        )
    yield f"tuned: {tuned.chosen.values()}; measured on queries it was not picked by"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure search on a judged set.")
    parser.add_argument("--docs", type=Path, default=DATA / "docs.jsonl")
    parser.add_argument("--queries", type=Path, default=DATA / "queries.jsonl")
    parser.add_argument("--chunk-tokens", type=int, default=200)
    parser.add_argument("--overlap", type=float, default=0.175)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=(100, 400), help="chunk sizes that are tried too"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Print the measures; exit 2 when there is nothing to measure on."""
    arguments = _arguments()
    for path in (arguments.docs, arguments.queries):
        if not path.is_file():
            _note(f"skipped: there is no {path}; say --docs and --queries")
            return 2
    settings = CollectionSettings(chunk_tokens=arguments.chunk_tokens, overlap=arguments.overlap)
    try:
        judged = read_set(arguments.docs, arguments.queries)
    except PodiumError as error:
        _note(f"Error: {error.message}")
        return 2
    sizes = dict.fromkeys((settings.chunk_tokens, *arguments.sizes))
    rankings = asyncio.run(rank(judged, settings, sizes))
    measured = measure(rankings, judged, settings)
    tuned = tune(rankings, judged.relevant, settings)
    if arguments.json:
        print(json.dumps(report(judged, measured, tuned)))
    else:
        print("\n".join(_table(measured, judged, tuned)))
    return 0


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
