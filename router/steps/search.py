"""The step `search`: passages of a collection that the reader may see."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from models.errors import InvalidRequest
from retrieval.documents import Hit
from retrieval.ports import SearchRequest
from router.expressions import is_present
from router.label import LabelFilter, join_all, label_from_json
from router.plan import Step
from router.steps.kind import Library, Produced, StepCall, check_arguments, refuse_fields

_SHOWN = ("id", "collection", "chunk", "title", "heading", "page", "text", "score", "label")


class Search:
    """Finds passages: `collection`, `query` (a text, or texts put together) and `k`."""

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        check_arguments(step, frozenset({"collection", "query"}), frozenset({"k"}))
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"hits"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return None if _query(arguments["query"]) else "query"

    async def run(self, call: StepCall) -> Produced:
        request = SearchRequest(
            collection=str(call.arguments["collection"]),
            query=_query(call.arguments["query"]),
            access=LabelFilter(call.request.clearance(), call.value("now", time.time)),
            k=_count(call.arguments.get("k")),
            request_id=call.request.request_id,
        )
        searcher = call.around.capabilities.searcher
        seen = await call.recorded("labels", lambda: searcher.labels(request, call.deadline))
        # What was not found tells of every document that could have been.
        call.tell.told_by(join_all(map(label_from_json, seen)))
        hits = await call.recorded("hits", lambda: searcher.search(request, call.deadline))
        return Produced(
            value={"hits": [_plain(hit) for hit in hits]},
            own=join_all(label_from_json(hit.label) for hit in hits),
            status="succeeded" if hits else "empty",
            summary=f"{len(hits)} passages",
        )


def _plain(hit: Hit) -> dict[str, Any]:
    whole = asdict(hit)
    return {name: whole[name] for name in _SHOWN}


def _query(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    return " ".join(str(part) for part in parts if is_present(part))


def _count(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise InvalidRequest("k must be a whole number above zero.", param="k")
