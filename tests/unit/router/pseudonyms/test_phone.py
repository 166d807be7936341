"""Telephone numbers: one line in the ways people write it, and no other line."""

from __future__ import annotations

import pytest

from router.pseudonyms.groups import groups
from router.pseudonyms.phone import phone_spans, significant


def _found(number: str, text: str) -> list[str]:
    found = list(groups(text))
    spans = phone_spans(significant(number), found)
    return [text[found[first].start : found[last].end] for first, last in spans]


@pytest.mark.parametrize(
    ("number", "text", "found"),
    [
        ("+49 30 1234567", "030 1234567", "030 1234567"),
        ("+49 30 1234567", "+49 (0) 30 / 123-45-67 x", "49 (0) 30 / 123-45-67"),
        ("030 1234567", "+49301234567", "49301234567"),
        ("030 1234567", "+49 30 1234567", "30 1234567"),
        ("(555) 123-4567", "call 555.123.4567 now", "555.123.4567"),
        ("(555) 123-4567", "room 9 123 4567", "123 4567"),
        ("4711", "ring 4711", "4711"),
    ],
)
def test_the_same_line(number: str, text: str, found: str) -> None:
    assert _found(number, text) == [found]


@pytest.mark.parametrize("text", ["030 1234568", "030 12345678", "123 456", "1234    567", ""])
def test_another_line(text: str) -> None:
    assert _found("030 1234567", "1234567") == ["1234567"]
    assert _found("030 1234567", text) == []


def test_a_number_of_three_digits_is_no_line() -> None:
    assert _found("110", "110") == []
    assert _found("", "110") == []
