"""`podium tune`: which setting searches your documents best, and whether that is sure."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.options import DEFAULT_TIMEOUT, HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, note, say, show_table
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target, home_of
from deployments.settings import load_settings
from models.errors import InvalidRequest
from retrieval.documents import Hit
from retrieval.judged import JudgedSet, read_queries, read_set
from retrieval.ranking import Quality, judge
from retrieval.settings import MAX_HITS, CollectionSettings
from retrieval.tuning import Found, Judgements, Tuned, tune
from retrieval.tuning_run import found_of, rank_set


def tune_(
    queries: Annotated[
        Path,
        typer.Option("--queries", metavar="FILE", help="JSONL of {id, text, relevant: [id, …]}."),
    ],
    docs: Annotated[
        Path | None,
        typer.Option("--docs", metavar="FILE", help="JSONL of {id, title, text}: cut here, too."),
    ] = None,
    collection: Annotated[
        str | None,
        typer.Option("--collection", "-c", metavar="NAME", help="A collection that is served."),
    ] = None,
    sizes: Annotated[
        list[int] | None,
        typer.Option("--size", min=16, max=4096, help="Sizes of chunks to try, with --docs."),
    ] = None,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Pick how documents are cut, searched and ranked, by questions with known answers."""
    if (docs is None) == (collection is None):
        raise InvalidRequest("Say either --docs or --collection.", param="--docs")
    settings = load_settings({}, {}, home_of(home).settings).retriever.collection
    if docs is not None:
        judged = read_set(docs, queries)
        rankings = asyncio.run(_rank_docs(judged, settings, sizes or [100, 200, 400]))
        relevant = judged.relevant
    else:
        asked, relevant = read_queries(queries)
        with Server(find_target(url, key, home), DEFAULT_TIMEOUT) as server:
            rankings = {settings.chunk_tokens: _rank_served(server, str(collection), asked)}
    tuned = tune(rankings, relevant, settings)
    if json_:
        emit(_document(tuned, relevant))
    else:
        _show(tuned, judge(tuned.held_out, relevant), len(relevant))


async def _rank_docs(
    judged: JudgedSet, settings: CollectionSettings, sizes: list[int]
) -> dict[int, dict[str, Found]]:
    from models.local.embedder import SentenceTransformerEmbedder, packaged_model

    embedder = SentenceTransformerEmbedder("embed", packaged_model(), threads=2)
    try:
        tried = list(dict.fromkeys([settings.chunk_tokens, *sizes]))
        return await rank_set(judged, embedder, settings, tried, note)
    finally:
        embedder.close()


def _rank_served(server: Server, collection: str, asked: dict[str, str]) -> dict[str, Found]:
    path = path_of("v1", "collections", collection, "search")

    def hits(query: str, mode: str) -> list[Hit]:
        found = server.post(path, {"query": query, "k": MAX_HITS // 2, "mode": mode})
        return [_hit(one) for one in found["hits"]]

    return {id_: found_of(hits(q, "dense"), hits(q, "lexical")) for id_, q in asked.items()}


def _hit(found: dict[str, Any]) -> Hit:
    return Hit(
        id=found["id"], collection="", chunk=found["chunk"], title="", heading="", page=None,
        text="", start=0, end=0, score=found["score"], label="",
    )  # fmt: skip


def _document(tuned: Tuned, relevant: Judgements) -> dict[str, Any]:
    return {
        "queries": len(relevant),
        "default": tuned.default.values(),
        "best": tuned.best.values(),
        "chosen": tuned.chosen.values() | {"k": tuned.k},
        "is_certain": tuned.is_certain,
        "gain_ndcg10": tuned.gain,
        "gain_ci95": tuned.gain_ci95,
        "held_out": asdict(judge(tuned.held_out, relevant)),
        "recall_at": {str(k): value for k, value in tuned.recall_at.items()},
    }


def _show(tuned: Tuned, quality: Quality, queries: int) -> None:
    low, high = tuned.gain_ci95
    say(
        f"{queries} queries. Picking the best setting gains {tuned.gain:+.3f} nDCG@10"
        f" (95 %: {low:+.3f} to {high:+.3f}) on queries it was not picked by,"
        f" where it reaches {quality.ndcg10:.3f}."
    )
    if not tuned.is_certain:
        say(f"That is within chance: keep what is set. Best on all of them: {tuned.best.values()}")
    elif tuned.chosen == tuned.default:
        say("What is set is the best.")
    show_table(("RECALL AT k", ""), [(str(k), f"{v:.3f}") for k, v in tuned.recall_at.items()])
    say("\nsettings.yaml:\n\nretriever:\n  collection:")
    for name, value in (tuned.chosen.values() | {"k": tuned.k}).items():
        say(f"    {name}: {value}")
