"""Plans: what is read from their YAML, and every way it can be wrong."""

from __future__ import annotations

import pytest

from models.errors import InvalidConfig
from router.plan import Plan
from router.plan_check import alternatives
from router.plan_file import load_plan, load_plans
from tests.scripted_world import LIBRARY, support

TEXT = b"""
name: trial
version: 3
input:
  text: Text
  customer_id?: str
steps:
  intent: {use: generate, prompt: support/intent@prod, output: Intent, with: {message: input.text}}
  policies: {use: search, with: {collection: kb, query: [input.text, intent.needs], k: 6}}
  context: {use: passages, with: {hits: policies.hits}}
  draft:
    use: generate
    prompt: support/draft@prod
    with: {passages: context.passages, question: input.text}
    grounded: {passages: context.passages, question: input.text}
  polish: {use: generate, prompt: support/polish@prod, with: {reply: draft}, optional: true}
output: {reply: polish | draft, sources: context.passages}
budget: {usd: 0.05, latency_ms: 4000}
"""


def _load(old: bytes = b"", new: bytes = b"") -> Plan:
    assert old in TEXT
    return load_plan(TEXT.replace(old, new, 1) if old else TEXT, LIBRARY, "trial.yaml")


def test_edges_follow_from_references() -> None:
    plan = _load()
    edges = {step.name: sorted(step.predecessors()) for step in plan.steps}
    assert edges == {
        "intent": [],
        "policies": ["intent"],
        "context": ["policies"],
        "draft": ["context"],
        "polish": ["draft"],
    }
    assert alternatives(plan.output["reply"]) == ("polish", "draft")
    assert plan.inputs["text"].required
    assert not plan.inputs["customer_id"].required


def test_steps_stand_in_topological_order_however_they_are_written() -> None:
    polish = next(line for line in TEXT.splitlines(True) if line.startswith(b"  polish"))
    moved = TEXT.replace(polish, b"").replace(b"steps:\n", b"steps:\n" + polish)
    plan = load_plan(moved, LIBRARY)
    assert plan.steps[-1].name == "polish"


def test_the_shipped_pipelines_are_valid() -> None:
    assert set(load_plans(LIBRARY)) == {"support"}
    assert support().budget.latency_ms


def test_a_remote_model_for_formal_is_a_change_of_configuration_only() -> None:
    plan = _load(
        b"prompt: support/polish@prod,",
        b"prompt: support/polish@prod, route: {model: claude}, on_denied: use_local,",
    )
    assert plan.step("polish").route.model == "claude"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"version: 3", b"version: three", "version"),
        (b"name: trial", b"name: Trial Plan", "name"),
        (b"version: 3", b"version: 3\nowner: me", "owner"),
        (b"text: Text", b"text: Video", "input.text"),
        (b"use: search", b"use: browse", "steps.policies.use"),
        (b"use: search", b"use: search, when: policies.hits and", "steps.policies.when"),
        (b"k: 6", b"k: 6, depth: 2", "steps.policies.with.depth"),
        (b"collection: kb, ", b"", "steps.policies.with.collection"),
        (b"intent.needs", b"intnt.needs", "steps.policies.with.query"),
        (b"intent.needs", b"intent.need", "steps.policies.with.query"),
        (b"message: input.text", b"message: input.txt", "steps.intent.with.message"),
        (b"message: input.text", b"message: input.text.x", "steps.intent.with.message"),
        (b"reply: draft}", b"reply: draft.text}", "steps.polish.with.reply"),
        (b"with: {message: input.text}", b"with: {}", "steps.intent.with.message"),
        (b"support/intent@prod", b"support/intent@beta", "steps.intent.prompt"),
        (b"prompt: support/polish@prod, ", b"", "steps.polish.prompt"),
        (b"output: Intent", b"output: Mood", "steps.intent.output"),
        (b"{collection: kb", b"{collection: [kb, 2026-01-01]", "steps.policies.with.collection.1"),
        (b"optional: true", b"optional: perhaps", "steps.polish.optional"),
        (b"optional: true", b"optional: true, needs: [nobody]", "steps.polish.needs"),
        (b"optional: true", b"degrade: first", "steps.polish.degrade"),
        (b"optional: true", b"retry: {attempts: 9}", "steps.polish.retry.attempts"),
        (b"optional: true", b"timeout_s: 0", "steps.polish.timeout_s"),
        (b"optional: true", b"on_denied: shrug", "steps.polish.on_denied"),
        (b"optional: true", b"route: {model: 'a b'}", "steps.polish.route.model"),
        (b"message: input.text}}", b"message: polish}}", None),
        (
            b"output: Intent, ",
            b"grounded: {passages: context.passages, question: input.text}, ",
            "steps.intent.grounded",
        ),
        (b"use: passages", b"use: passages, prompt: support/draft@prod", "steps.context.prompt"),
        (b"use: passages", b"use: passages, output: Intent", "steps.context.output"),
        (b"reply: polish | draft", b"answer: draft", "output.reply"),
        (b"reply: polish | draft", b"reply: input.text", "output.reply"),
        (b"reply: polish | draft", b"reply: polish | drift", "output.reply"),
        (b"reply: polish | draft", b"reply: polish | intent.intent", "output.reply"),
        (b"reply: polish | draft", b"reply: context.passages", "output.reply"),
        (b"sources: context", b"sources: contexts", "output.sources"),
        (b"latency_ms: 4000", b"latency_ms: -1", "budget.latency_ms"),
        (b"  intent: {use", b"  input: {use", "steps.input"),
        (b"k: 6", b"k: 6, k: 7", None),
    ],
)
def test_a_wrong_plan_is_refused_with_its_field(old: bytes, new: bytes, field: str | None) -> None:
    assert _load().name == "trial"
    with pytest.raises(InvalidConfig) as caught:
        _load(old, new)
    if field is not None:
        assert caught.value.param == field
        assert field in caught.value.message


def test_a_cycle_is_told_step_by_step() -> None:
    with pytest.raises(InvalidConfig) as caught:
        _load(b"with: {message: input.text}", b"with: {message: draft}")
    assert "cycle" in caught.value.message
    assert caught.value.param is not None
    assert caught.value.param.startswith("steps.")
