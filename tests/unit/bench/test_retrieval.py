"""The bench of retrieval says what it measured, and of the tuned setting only what was held out."""

from __future__ import annotations

from bench.retrieval import MODES, measure, report
from retrieval.judged import JudgedSet
from retrieval.scored import Scored
from retrieval.settings import CollectionSettings
from retrieval.tuning import Found, tune

DOCUMENT = {0: "a", 1: "b"}
RIGHT, WRONG = (Scored(0, 1.0), Scored(1, 0.5)), (Scored(1, 1.0), Scored(0, 0.5))


def test_the_report_has_each_mode_and_what_was_picked() -> None:
    queries = {f"q{n}": "?" for n in range(20)}
    judged = JudgedSet(
        (("a", "", "A"), ("b", "", "B")), queries, dict.fromkeys(queries, frozenset({"a"}))
    )
    rankings = {200: {query: Found(WRONG, RIGHT, DOCUMENT) for query in queries}}
    settings = CollectionSettings()
    measured = measure(rankings, judged, settings)
    told = report(judged, measured, tune(rankings, judged.relevant, settings))
    assert (told["n_docs"], told["n_queries"]) == (2, 20)
    assert {mode: told[mode]["recall10"] for mode in MODES} == dict.fromkeys(MODES, 1.0)
    assert told["lexical"]["ndcg10"] == told["lexical"]["mrr"] == 1.0
    assert told["dense"]["mrr"] == 0.5
    # One document answers every query: they stay together, so nothing could be held out.
    assert told["tuned"]["setting"] == {"chunk_tokens": 200, "mode": "dense"}
    assert (told["tuned"]["is_default"], told["tuned"]["gain"]) == (True, 0.0)
    assert told["tuned"]["ndcg10"] == told["dense"]["ndcg10"]
