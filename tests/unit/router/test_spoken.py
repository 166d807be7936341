"""Spoken digits written as numbers."""

from __future__ import annotations

import pytest

from models.reference.world import spoken_digits
from router.spoken import digits_written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("My order is four two one seven.", "My order is 4217."),
        ("Four, two, one, seven", "4217"),
        ("zero one-two three four", "01234"),
        ("one two three", "one two three"),
        ("two or three weeks", "two or three weeks"),
        ("someone two three four five", "someone 2345"),
        ("four two one sevens", "four two one sevens"),
        ("order 4217", "order 4217"),
        ("", ""),
    ],
)
def test_runs_of_four_and_more(said: str, written: str) -> None:
    assert digits_written(said) == written


@pytest.mark.parametrize("number", ["4217", "90311", "100000", "5555"])
def test_it_undoes_what_the_callers_do(number: str) -> None:
    assert digits_written(f"It is {spoken_digits(number)}, thanks.") == f"It is {number}, thanks."
