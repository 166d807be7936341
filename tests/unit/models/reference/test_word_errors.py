"""Counting wrong words."""

from __future__ import annotations

import pytest

from models.reference.word_errors import ErrorCount, count_errors, words


def test_case_and_punctuation_do_not_count() -> None:
    assert words("My Router, doesn't start!") == ["my", "router", "doesn't", "start"]
    assert count_errors("Hello there.", "hello THERE").errors == 0


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("a b c", "a c", 1),
        ("a b c", "a b x c", 1),
        ("a b c", "a x c", 1),
        ("a b c", "", 3),
        ("", "a", 1),
        ("one two", "two one", 2),
    ],
)
def test_the_least_edits_are_counted(said: str, heard: str, errors: int) -> None:
    assert count_errors(said, heard).errors == errors


def test_rates_add_up_over_words() -> None:
    whole = count_errors("a b c", "a b c") + count_errors("d", "e")
    assert whole == ErrorCount(words=4, errors=1)
    assert whole.rate == 0.25
    assert ErrorCount().rate == 0.0
