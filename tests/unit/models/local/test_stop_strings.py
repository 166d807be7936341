"""Stops are found however the text is cut, and nothing else is lost or held for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.local.stop_strings import StopStrings

TEXTS = st.text("ab\n", max_size=30)
STOPS = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)


def said(stops: list[str], pieces: list[str]) -> tuple[str, str | None]:
    stopping = StopStrings(stops)
    shown = "".join(stopping.push(piece) for piece in pieces)
    return shown + ("" if stopping.found else stopping.rest()), stopping.found


@given(STOPS, TEXTS, st.lists(st.integers(0, 30), max_size=6))
def test_in_pieces_as_in_one(stops: list[str], text: str, cuts: list[int]) -> None:
    """By a definition that looks at the whole text: up to the stop that is whole first."""
    at = sorted(min(cut, len(text)) for cut in cuts)
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    shown, found = said(stops, list(text))
    if found is None:
        assert shown == text and not any(stop in text for stop in stops)
    else:
        assert text.startswith(shown + found)
        assert not any(stop in shown for stop in stops)
    whole, also = said(stops, pieces)
    assert (also is None) == (found is None)
    assert whole == text if also is None else text.startswith(whole + also)


def test_what_may_become_a_stop_waits() -> None:
    stopping = StopStrings(["END"])
    assert [stopping.push(piece) for piece in ("aE", "N", "X", "E")] == ["a", "", "ENX", ""]
    assert stopping.rest() == "E" and stopping.found is None


def test_of_two_stops_the_first_and_longest_wins() -> None:
    assert said(["b", "bc", "a"], ["xbca"]) == ("x", "bc")
    assert said([""], ["x"]) == ("x", None)
