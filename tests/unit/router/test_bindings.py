"""What a step is given, resolved from the values there are."""

from __future__ import annotations

import datetime

import pytest

from models.errors import InvalidConfig
from router import bindings
from router.expressions import Literal

ROOTS = ("input", "intent", "draft")
VALUES = {("intent", "needs"): "refund", ("draft",): "A draft."}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("kb", "kb"),
        ("two words", "two words"),
        ("draft", "A draft."),
        ("intent.needs", "refund"),
        ("input.text | draft", "A draft."),
        ("a | b", "a | b"),
        (6, 6),
        (None, None),
        (["intent.needs", "x"], ["refund", "x"]),
        ({"id": "draft", "n": 1}, {"id": "A draft.", "n": 1}),
        ({"literal": "draft"}, "draft"),
        ({"literal": "v1.2"}, "v1.2"),
    ],
)
def test_values(given: object, value: object) -> None:
    assert bindings.resolve(bindings.read(given, ROOTS, "with"), VALUES.get) == value


def test_references_inside_lists_and_mappings_are_found() -> None:
    read = bindings.read({"a": ["intent.needs"], "b": {"c": "draft"}}, ROOTS, "with")
    assert bindings.references(read) == {("intent", "needs"), ("draft",)}
    assert bindings.references(Literal(1)) == frozenset()


def test_a_dotted_name_is_always_a_reference_so_that_a_slip_is_noticed() -> None:
    assert bindings.references(bindings.read("intnt.needs", ROOTS, "with")) == {("intnt", "needs")}


def test_a_value_of_no_use_is_refused() -> None:
    with pytest.raises(InvalidConfig) as caught:
        bindings.read([datetime.date(2026, 1, 1)], ROOTS, "steps.a.with.day")
    assert caught.value.param == "steps.a.with.day.0"
