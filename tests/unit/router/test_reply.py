"""Which alternative becomes the reply, and when its text may go out."""

from __future__ import annotations

from collections.abc import Callable

from router.events import ReplyDelta, ReplyRestarted
from router.reply import Reply


def _reply(live: str = "", finish: Callable[[str], str] = str) -> Reply:
    return Reply(("polish", "formal", "draft"), frozenset(live.split()), finish)


def test_the_best_alternative_is_waited_for() -> None:
    reply = _reply()
    assert reply.ended("draft", "D.") == []
    assert reply.ended("formal", "F.") == []
    assert reply.ended("polish", "P.") == [ReplyDelta("P.")]
    assert reply.chosen == "polish"


def test_when_it_fails_the_next_that_is_there_goes_out() -> None:
    reply = _reply()
    reply.ended("draft", "D.")
    assert reply.ended("formal", None) == []
    assert reply.ended("polish", None) == [ReplyDelta("D.")]
    assert reply.chosen == "draft"


def test_held_text_is_finished_and_goes_out_by_sentences() -> None:
    reply = _reply(finish=str.upper)
    assert reply.ended("polish", "One. Two? Three") == [
        ReplyDelta("ONE."), ReplyDelta(" TWO?"), ReplyDelta(" THREE"),
    ]  # fmt: skip


def test_live_text_goes_out_as_it_comes_from_the_best_alternative_alone() -> None:
    reply = _reply("polish formal")
    assert reply.wrote("formal", "F") == []
    assert reply.wrote("polish", "P") == [ReplyDelta("P")]
    assert reply.ended("polish", "P") == []
    assert reply.chosen == "polish"
    assert reply.wrote("formal", "F") == []


def test_live_text_kept_back_is_caught_up_with() -> None:
    reply = _reply("formal")
    reply.wrote("formal", "F1 ")
    assert reply.ended("polish", None) == [ReplyDelta("F1 ")]
    assert reply.wrote("formal", "F2") == [ReplyDelta("F2")]
    assert reply.ended("formal", "F1 F2") == []


def test_what_was_passed_on_is_voided_when_its_step_fails_or_begins_again() -> None:
    reply = _reply("polish draft")
    reply.wrote("polish", "P")
    assert reply.restarted("polish") == [ReplyRestarted()]
    assert reply.restarted("polish") == []
    reply.wrote("polish", "Q")
    reply.ended("formal", None)
    reply.ended("draft", "D.")
    assert reply.ended("polish", None) == [ReplyRestarted(), ReplyDelta("D.")]


def test_nothing_left_is_nothing_chosen() -> None:
    reply = _reply()
    for step in ("draft", "polish", "formal"):
        assert reply.ended(step, None) == []
    assert reply.chosen is None
