"""The language of `when`, `with` and `output`."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidConfig
from router.expressions import evaluate, parse, references

VALUES: dict[tuple[str, ...], Any] = {
    ("intent", "sentiment"): -0.6,
    ("intent", "name"): "refund",
    ("input", "text"): "",
    ("draft",): "A draft.",
    ("count",): 0,
}


def look(path: tuple[str, ...]) -> Any:
    return VALUES.get(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("intent.sentiment", -0.6),
        ("intent.sentiment < -0.4", True),
        ("intent.sentiment < -0.7", False),
        ("intent.sentiment >= -0.6", True),
        ("intent.name == 'refund'", True),
        ("intent.name != 'refund'", False),
        ("intent.name == 'refund' and intent.sentiment < 0", True),
        ("intent.name == 'other' or intent.sentiment < 0", True),
        ("not intent.name == 'other'", True),
        ("missing.value < 1", False),
        ("intent.name < 1", False),
        ("missing.value == None", True),
        ("polish | formal | draft", "A draft."),
        ("input.text | draft", "A draft."),
        ("missing | ''", ""),
        ("missing | input.text", ""),
        ("count | 3", 0),
        ("1.5", 1.5),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluate(parse(text, "when"), look) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "intent.",
        "open('x')",
        "intent.sentiment + 1",
        "[1, 2]",
        "intent['x']",
        "lambda: 1",
        "(x for x in y)",
        "f'{draft}'",
        "1 < 2 < 3",
        "draft in intent",
        "x := 1",
        "draft.__class__",
        "_hidden",
        "-draft",
        "().__class__",
        "1 if 2 else 3",
        "not " * 40 + "draft",
        "a" * 501,
        "(" * 300 + ")" * 300,
        "b'bytes'",
        "...",
    ],
)
def test_anything_else_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        parse(text, "steps.escalation.when")
    assert caught.value.param == "steps.escalation.when"


def test_references_are_every_path_that_may_be_read() -> None:
    text = "not a.b and (c.d < e or f | g.h == 'x')"
    assert references(parse(text, "when")) == {("a", "b"), ("c", "d"), ("e",), ("f",), ("g", "h")}
