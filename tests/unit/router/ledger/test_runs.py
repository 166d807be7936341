"""A run in the ledger: what was decided and used, and no word of what was said."""

from __future__ import annotations

from router.label import Label, Level
from router.ledger.runs import MOST_SOURCES, run_records
from router.store.records import RunRecord, StepRecord

DECISION = {
    "decision_id": "dec_1", "step": "draft", "model": "mistral", "order": ["mistral"],
    "label": Label().public(), "policy_digest": "sha256:p",
    "candidates": [{"model": "chatgpt", "site": "openai", "score": None, "removed_by": "level",
                    "reason": "is cleared to INTERNAL"}],
}  # fmt: skip


def run(**changed: object) -> RunRecord:
    given: dict[str, object] = {
        "tenant": "acme", "run_id": "run_1", "pipeline": "support", "version": "1",
        "status": "succeeded", "started": 100.0, "duration_ms": 2500.0,
        "label": Label(level=Level.CONFIDENTIAL, subjects=frozenset({"c-17"})),
        "request_id": "req_1", "key_id": "abcd", "sources": (("kb", "refunds.md", "3"),),
        "steps": (StepRecord("draft", "succeeded", 0.0, 9.0, "mistral", "vllm", "local", "d@1"),),
        "decisions": (DECISION,), "content": {"reply": "Your refund is on its way."},
    }  # fmt: skip
    return RunRecord(**{**given, **changed})  # type: ignore[arg-type]


def test_a_run_and_its_decisions_are_records() -> None:
    decision, whole = run_records(run())
    assert (decision.kind, decision.fields, decision.at) == ("decision", DECISION, 102.5)
    assert (whole.kind, whole.run_id, whole.request_id) == ("run", "run_1", "req_1")
    assert whole.fields["decisions"] == ["dec_1"]
    assert whole.fields["sources"] == [["kb", "refunds.md", "3"]]
    assert whole.fields["steps"][0]["model"] == "mistral"
    assert whole.fields["label"]["level"] == "CONFIDENTIAL"


def test_neither_content_nor_subjects_are_written() -> None:
    record = run()
    assert "refund is on" in str(record.content)
    assert "c-17" in str(record.label)
    written = repr(list(run_records(record)))
    assert "refund is on" not in written
    assert "c-17" not in written


def test_a_run_of_any_size_is_taken() -> None:
    sources = tuple(("kb", "x" * 5000 + str(n), "1") for n in range(3 * MOST_SOURCES))
    steps = tuple(StepRecord(f"s{n}", "succeeded", 0.0, 1.0) for n in range(500))
    *_, whole = run_records(run(sources=sources, steps=steps))
    assert (whole.fields["sources_in_all"], whole.fields["steps_in_all"]) == (300, 500)
    names = {source[1] for source in whole.fields["sources"]}
    assert len(names) == MOST_SOURCES
