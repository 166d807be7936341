"""A run as clients read it."""

from __future__ import annotations

import json

from router.route_object import route_object, run_json
from tests.scripted_world import hit, support, world
from tests.support_contract import FIRST_FACT, MESSAGE, REFUND, answers

STEP_KEYS = ["name", "model", "engine", "site", "prompt_version", "started_ms", "duration_ms",
             "status"]  # fmt: skip
SOURCE_KEYS = ["id", "title", "collection", "chunk", "page", "quote"]


async def test_the_route_of_a_response() -> None:
    made = world(answers(fact=FIRST_FACT))
    made.searcher.hits = (hit(REFUND, "refunds"),)
    result = await made.result(support(), {"text": MESSAGE})
    route = json.loads(json.dumps(route_object(result, "dec_1")))
    assert list(route["sources"][0]) == SOURCE_KEYS
    assert list(route["steps"][0]) == STEP_KEYS
    assert list(route["label"]) == ["level", "categories", "integrity", "regions"]
    assert (route["model"], route["site"]) == ("mistral", "local")
    assert route["decision_id"] == "dec_1"
    assert {step["name"]: step["status"] for step in route["steps"]}["customer"] == "skipped"


async def test_the_document_of_podium_run() -> None:
    made = world(answers(fact=FIRST_FACT))
    made.searcher.hits = (hit(REFUND, "refunds"),)
    document = json.loads(json.dumps(run_json(await made.result(support(), {"text": MESSAGE}))))
    assert list(document) == [
        "run_id", "pipeline", "version", "status", "output", "sources", "steps", "deliverables",
        "approvals", "checks", "cost_usd", "label", "redactions", "timings_ms",
    ]  # fmt: skip
    assert document["status"] == "succeeded"
    assert document["checks"] == [{"name": "grounded", "passed": True, "detail": ""}]
    assert document["output"]["note"] is None
