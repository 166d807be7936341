"""LocalAgreement-2 over hypotheses written out by hand."""

from __future__ import annotations

from router.live.agreement import Agreement, Settled


def test_two_hypotheses_must_agree() -> None:
    one, new = Agreement().hear(["I", "want", "to"])
    assert new == ()
    two, new = one.hear(["I", "want", "two", "tickets"])
    assert new == ("I", "want")
    assert two.tail() == ("two", "tickets")


def test_the_last_word_never_stands() -> None:
    one, _ = Agreement().hear(["Hello."])
    two, new = one.hear(["Hello."])
    assert new == ()
    _, new = two.hear(["Hello.", "I"])
    assert new == ("Hello.",)


def test_case_and_punctuation_do_not_matter() -> None:
    one, _ = Agreement().hear(["Do", "you?"])
    _, new = one.hear(["do", "you", "know"])
    assert new == ("do", "you")


def test_a_hypothesis_that_denies_what_stands_commits_nothing() -> None:
    state, _ = Agreement().hear(["a", "b", "c"])
    state, new = state.hear(["a", "b", "c", "d"])
    assert new == ("a", "b", "c")
    state, new = state.hear(["x", "b", "c", "d", "e"])
    assert new == ()
    assert state.tail() == ()
    assert state.committed == ("a", "b", "c")


def test_the_end_adds_what_is_missing() -> None:
    state, _ = Agreement().hear(["a", "b"])
    state, _ = state.hear(["a", "b", "c"])
    assert state.settle(["a", "b", "c", "d."]) == Settled(("c", "d."), 0)
    assert state.settle(["a", "x", "b", "c"]) == Settled(("c",), 0)
    assert state.settle(["z", "z"]) == Settled(("z", "z"), 2)
