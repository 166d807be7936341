"""Runs: what is kept comes back whole, to its own tenant, without content unless given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from models.errors import InvalidRequest, NotFound
from router.label import TOP, Integrity, Label, Level
from router.store.records import RunRecord, StepRecord
from router.store.retention import Retention
from router.store.sql_decisions import recorded_decisions
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import State

STEPS = (
    StepRecord("transcribe", "succeeded", 0.0, 812.5, "whisper", "whisper", "local"),
    StepRecord("draft", "failed", 813.0, 20.0, "mistral", "vllm", "local", "support/draft@3"),
)
RUN = RunRecord(
    tenant="acme",
    run_id="run_1",
    pipeline="support",
    version="3",
    status="partial",
    started=1_000.0,
    duration_ms=833.0,
    label=Label(Level.CONFIDENTIAL, frozenset({"pii"}), Integrity.USER, frozenset({"acme"})),
    sources=(("kb", "refunds.md", "2"),),
    steps=STEPS,
)


def test_a_run_comes_back_as_it_went_in(state: State) -> None:
    state.record_run(RUN)
    assert state.run("acme", "run_1") == RUN


def test_decisions_come_back_in_order_and_go_with_their_run(state: State, engine: Engine) -> None:
    made = tuple({"decision_id": f"dec-{n}", "model": "mistral"} for n in range(3))
    state.record_run(replace(RUN, decisions=made))
    assert state.run("acme", "run_1").decisions == made
    assert [one.decision for one in recorded_decisions(engine, "run_1")] == list(made)
    (one,) = recorded_decisions(engine, "dec-1")
    assert (one.tenant, one.pipeline, one.decision) == ("acme", "support", made[1])
    state.record_run(RUN)
    assert not recorded_decisions(engine, "run_1")


@pytest.mark.parametrize("label", [Label(), TOP, Label(regions=frozenset({"eu"}), expires=5.0)])
def test_labels_survive_storage(state: State, label: Label) -> None:
    state.record_run(replace(RUN, label=label))
    assert state.run("acme", "run_1").label == label


def test_another_tenant_sees_nothing(state: State) -> None:
    state.record_run(RUN)
    state.record_run(replace(RUN, tenant="other", pipeline="campaign"))
    assert state.run("acme", "run_1").pipeline == "support"
    assert [run.pipeline for run in state.recent_runs("other")] == ["campaign"]
    with pytest.raises(NotFound):
        state.run("third", "run_1")


def test_content_is_kept_only_when_handed_over(state: State, engine: Engine) -> None:
    state.record_run(replace(RUN, content={"output": "the very words"}))
    assert state.run("acme", "run_1").content == {"output": "the very words"}
    assert "very words" in _dump(engine)
    assert state.recent_runs("acme")[0].content is None
    state.record_run(RUN)
    assert state.run("acme", "run_1").content is None
    assert "very words" not in _dump(engine)


def test_the_newest_runs_come_first_with_their_own_steps(state: State) -> None:
    for number in range(3):
        step = replace(STEPS[0], name=f"step{number}")
        state.record_run(replace(RUN, run_id=f"r{number}", started=1_000.0 + number, steps=(step,)))
    recent = state.recent_runs("acme", 2)
    assert [(run.run_id, run.steps[0].name) for run in recent] == [("r2", "step2"), ("r1", "step1")]
    with pytest.raises(InvalidRequest):
        state.recent_runs("acme", 0)


def test_a_run_saved_again_replaces_the_first(state: State) -> None:
    state.record_run(replace(RUN, status="waiting"))
    state.record_run(replace(RUN, status="succeeded", steps=STEPS[:1]))
    assert state.run("acme", "run_1").status == "succeeded"
    assert len(state.run("acme", "run_1").steps) == 1


def test_a_save_that_breaks_half_way_leaves_the_old_run(state: State, engine: Engine) -> None:
    state.record_run(RUN)
    broken = replace(RUN, status="failed", content={"output": object()})
    with pytest.raises(Exception, match="JSON serializable"):
        State(SqlKeyStore(engine), SqlRunStore(engine), b"p" * 32).record_run(broken)
    assert state.run("acme", "run_1") == RUN


def test_old_runs_are_forgotten_with_all_that_hangs_on_them(state: State, engine: Engine) -> None:
    for started in (100.0, 200.0, 300.0):
        run = replace(RUN, run_id=f"run_{started:.0f}", started=started)
        decided = ({"decision_id": "dec"},)
        state.record_run(replace(run, decisions=decided, content={"output": "old words"}))
    assert Retention(engine).forget_runs(200.0) == 1
    assert [run.run_id for run in state.recent_runs("acme")] == ["run_300", "run_200"]
    assert len(recorded_decisions(engine, "dec")) == 2
    assert Retention(engine).forget_runs(1_000.0) == 2
    assert "old words" not in _dump(engine)


def _dump(engine: Engine) -> str:
    with engine.connect() as connection:
        tables = ("runs", "steps", "run_contents")
        return str([connection.execute(text(f"SELECT * FROM {name}")).all() for name in tables])  # noqa: S608
