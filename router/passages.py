"""Passages: what a model is shown to answer from, numbered as it cites them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from router.template import one_line

MAX_PASSAGES = 6
_HIDDEN = ("id", "title", "text")

Passage = Mapping[str, Any]


def gather(
    records: Iterable[Mapping[str, Any]], hits: Iterable[Mapping[str, Any]], limit: int
) -> list[Passage]:
    """Records first, then hits by score, best first; at most `limit`, numbered from 1.

    Records take at most half of the places while there are hits for the others. Each passage has
    n, id, title, collection, chunk, page, text, score and kind.
    """
    ranked = sorted(hits, key=lambda hit: -float(hit["score"]))
    rows = list(records)[: max(limit // 2, limit - len(ranked))]
    shown = [*(record_passage(row) for row in rows), *(_hit_passage(hit) for hit in ranked)]
    return [{**passage, "n": n} for n, passage in enumerate(shown[:limit], 1)]


def record_passage(row: Mapping[str, Any]) -> Passage:
    """A row of a structured source as a passage: its `text` or `record`, else its columns."""
    return {
        "id": str(row.get("id") or row.get("customer_id") or row.get("source", "")),
        "title": str(row.get("title") or row.get("source", "")),
        "collection": row.get("source"),
        "chunk": None,
        "page": None,
        "text": str(row.get("text") or row.get("record") or _columns(row)),
        "score": None,
        "kind": "record",
    }


def _columns(row: Mapping[str, Any]) -> str:
    cells = ((key, value) for key, value in row.items() if key not in (*_HIDDEN, "source"))
    return " ".join(f"{key.replace('_', ' ').capitalize()} {value}." for key, value in cells
                    if value not in (None, ""))  # fmt: skip


def _hit_passage(hit: Mapping[str, Any]) -> Passage:
    kept = ("id", "title", "collection", "chunk", "page", "text", "score")
    return {**{key: hit[key] for key in kept}, "kind": "document"}


def shown(passages: Sequence[Passage]) -> tuple[str, ...]:
    """The texts as the model read them."""
    return tuple(one_line(passage["text"]) for passage in passages)
