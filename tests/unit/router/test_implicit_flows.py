"""What never stands in a prompt and could still be told: order, failure, fallback, money, absence.

Each test shows first that a harmless cause lets the model outside be asked.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.errors import InternalError, ModelUnavailable, Overloaded
from models.messages import ChatRequest
from models.testing.scripted import Say, ScriptedChat
from router.events import RunResult
from router.label import TOP, Clearance, Integrity, Label, Level
from router.policy import Policy
from tests.scripted_world import (
    POLICY,
    FixedSearcher,
    FixedSource,
    World,
    card,
    hit,
    plan_of,
)

TEXT = {"text": "Hello"}
PRICE = {"input": 1e6, "output": 1e6}
CARDS = (
    card("mistral"),
    card("costly", price=PRICE),
    card("claude", site="remote", dialect="anthropic", price=PRICE),
    card("open", site="public", dialect="anthropic"),
)
SITES = {"public": Clearance(Level.PUBLIC), "near": Clearance(Level.CONFIDENTIAL, None)}
SOURCES = {"press": Label(Level.PUBLIC)}


def _policy() -> Policy:
    return replace(POLICY, sites=POLICY.sites | SITES, sources=POLICY.sources | SOURCES)


def _query(name: str, source: str, more: str = "") -> str:
    given = f"{{source: {source}, name: all, params: {{id: C-1}}}}"
    return f"  {name}: {{use: query, with: {given}{more}}}"


def _ask(name: str, message: str = "input.text", model: str = "claude", more: str = "") -> str:
    return (
        f"  {name}: {{use: generate, prompt: support/intent@prod, with: {{message: {message}}},"
        f" route: {{model: {model}}}{more}}}"
    )


class Stage:
    """A world with a model inside and two outside, which count what they are asked."""

    def __init__(self, inside: Say | str | ModelUnavailable = "inside") -> None:
        self.claude = ScriptedChat(lambda request: "outside")
        self.open = ScriptedChat(lambda request: "public")
        self.world = World(
            ScriptedChat(lambda request: inside),
            {"claude": self.claude, "open": self.open},
            cards=CARDS,
            policy=_policy(),
            source=FixedSource({"C-1": ({"id": "C-1"},)}),
        )

    async def run(self, *steps: str, output: str = "{reply: answer}", **more: str) -> RunResult:
        return await self.world.result(plan_of("\n".join(steps), output, **more), TEXT)


@pytest.mark.parametrize(("source", "asked"), [("kb", 1), ("crm", 0)])
async def test_waiting_for_a_step_is_knowing_that_it_ended(source: str, asked: int) -> None:
    stage = Stage()
    result = await stage.run(_query("first", source), _ask("answer", more=", needs: [first]"))
    assert len(stage.claude.calls) == asked
    assert (result.error is None) == bool(asked)


@pytest.mark.parametrize(("source", "asked"), [("kb", 1), ("crm", 0)])
async def test_a_failure_has_the_label_of_what_failed(source: str, asked: int) -> None:
    stage = Stage()
    stage.world.source.error = InternalError("broken")
    await stage.run(
        _query("first", source, ", optional: true"), _ask("answer", more=", when: not first.rows")
    )
    assert len(stage.claude.calls) == asked


@pytest.mark.parametrize(("condition", "asked"), [("input.text", 1), ("first.rows", 0)])
async def test_a_step_left_out_keeps_the_label_of_its_condition(condition: str, asked: int) -> None:
    stage = Stage()
    await stage.run(
        _query("first", "crm"),
        _ask("chosen", model="mistral", more=f", when: not {condition}"),
        _ask("answer", more=", when: not chosen"),
    )
    assert len(stage.claude.calls) == asked


@pytest.mark.parametrize(("first", "asked"), [("costly", 1), ("claude", 0)])
async def test_that_a_model_outside_failed_is_told_to_the_next(first: str, asked: int) -> None:
    """`open` may know what is public; whether `claude` answered is its own affair."""
    stage = Stage(ModelUnavailable("down"))
    stage.claude.script = lambda request: Overloaded("full")
    result = await stage.run(
        _query("news", "press"),
        _ask("answer", "news.rows", first, ", fallback: [open]"),
    )
    assert len(stage.open.calls) == asked
    assert (result.reply == "public") == bool(asked)


@pytest.mark.parametrize(
    ("first", "integrity"), [("costly", Integrity.USER), ("claude", Integrity.UNTRUSTED)]
)
async def test_a_fallback_inside_is_still_the_choice_of_who_failed(
    first: str, integrity: Integrity
) -> None:
    def script(request: ChatRequest) -> str | ModelUnavailable:
        return ModelUnavailable("down") if request.model == "costly" else "inside"

    stage = Stage()
    stage.world.chat.script = script
    stage.claude.script = lambda request: ModelUnavailable("down")
    result = await stage.run(_ask("answer", model=first, more=", fallback: [mistral]"))
    assert (result.reply, result.label.integrity) == ("inside", integrity)


@pytest.mark.parametrize(("source", "status"), [("kb", "dropped"), ("crm", "succeeded")])
async def test_money_is_counted_as_far_as_a_step_may_know(source: str, status: str) -> None:
    """That dear data was worked on must not show in what is left out elsewhere.

    `slow` writes so many words that `dear` has ended, and cost 111, before `side` begins, which may
    cost 522.
    """
    stage = Stage("word " * 50)
    result = await stage.run(
        _ask("answer", model="mistral"),
        _query("first", source),
        _ask("dear", "[first.rows, answer]", "costly"),
        _ask("slow", "answer", "mistral", ", optional: true"),
        _ask("side", "slow", more=", optional: true"),
        budget="{usd: 600}",
    )
    assert {report.name: report.status for report in result.steps}["side"] == status
    assert len(stage.claude.calls) == (status == "succeeded")


@pytest.mark.parametrize(("source", "stopped"), [("kb", True), ("crm", False)])
async def test_a_failure_stops_only_what_may_know_of_it(source: str, stopped: bool) -> None:
    """`side` asks twice; that the run has ended in between must not show outside."""
    stage = Stage()

    def script(request: ChatRequest) -> str | InternalError:
        return InternalError("broken") if "C-1" in request.messages[-1].content else "inside"

    stage.world.chat.script = script
    steps = [
        _query("first", source),
        _ask("answer", "first.rows", "mistral"),
        *(_ask(f"side{n}", "input.text" if n == 0 else f"side{n - 1}") for n in range(6)),
    ]
    result = await stage.run(*steps)
    assert isinstance(result.error, InternalError)
    assert (len(stage.claude.calls) < 6) == stopped


@pytest.mark.parametrize(("fails", "calls"), [(False, 6), (True, 6)])
async def test_a_fault_of_our_own_is_no_signal_either(fails: bool, calls: int) -> None:
    stage = Stage()

    def script(request: ChatRequest) -> str:
        return str(1 // (not fails))

    stage.world.chat.script = script
    steps = [
        _query("first", "crm"),
        _ask("answer", "first.rows", "mistral"),
        *(_ask(f"side{n}", "input.text" if n == 0 else f"side{n - 1}") for n in range(6)),
    ]
    result = await stage.run(*steps)
    assert isinstance(result.error, InternalError) == fails
    assert len(stage.claude.calls) == calls


async def test_why_a_run_ended_early_is_for_those_who_may_know_everything() -> None:
    """That no other step ended it before tells of every step there is."""
    stage = Stage()
    steps = (_query("first", "kb"), _ask("answer", "first.rows", "mistral"))
    fine = await stage.run(*steps)
    assert (fine.error, fine.label.level) == (None, Level.INTERNAL)
    stage.world.source.error = InternalError("broken")
    result = await stage.run(*steps)
    assert result.error is stage.world.source.error
    assert result.label.covers(TOP)
    assert result.label.tenants == {"default"}


@pytest.mark.parametrize(("source", "level"), [("kb", "INTERNAL"), ("crm", "CONFIDENTIAL")])
async def test_a_reply_tells_that_nothing_was_denied(source: str, level: str) -> None:
    stage = Stage()
    result = await stage.run(
        _query("first", source),
        _ask("side", "first.rows", "mistral"),
        _ask("answer", model="mistral"),
    )
    assert result.reply == "inside"
    assert result.label.level == Level[level]


@pytest.mark.parametrize(("level", "asked"), [(Level.INTERNAL, 1), (Level.CONFIDENTIAL, 0)])
async def test_what_was_not_found_counts_as_read(level: Level, asked: int) -> None:
    """The search finds one passage; a better one of a higher class could have stood before it."""

    class Best(FixedSearcher):
        async def search(self, request, deadline):  # type: ignore[no-untyped-def]
            return (await super().search(request, deadline))[:1]

    stage = Stage()
    stage.world.searcher = Best((hit("low"), hit("high", "doc-2", label=Label(level).to_json())))
    await stage.run(
        "  found: {use: search, with: {collection: kb, query: input.text}}",
        _ask("answer", "found.hits"),
    )
    assert len(stage.claude.calls) == asked


async def test_data_that_has_expired_is_sent_nowhere() -> None:
    for expires, asked in ((4e9, 1), (1.0, 0)):
        stage = Stage()
        plan = plan_of(_ask("answer"))
        await stage.world.result(plan, TEXT, floor=Label(expires=expires))
        assert len(stage.claude.calls) == asked


async def test_every_report_says_under_which_label_its_step_ended() -> None:
    stage = Stage()
    result = await stage.run(_query("first", "crm"), _ask("answer", model="mistral"))
    labels = {report.name: report.label.level for report in result.steps}
    assert labels == {"first": Level.CONFIDENTIAL, "answer": Level.INTERNAL}
