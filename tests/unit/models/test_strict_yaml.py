"""Strict YAML: what is refused, and that the place is told."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from models.errors import InvalidConfig
from models.strict_yaml import load, parse


class Row(BaseModel):
    """Something to read."""

    model_config = ConfigDict(extra="forbid")

    name: str
    parts: list[int] = []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "line 2 column 1: the key 'a' stands twice"),
        ("a: {b: 1, b: 2}", "stands twice"),
        ("a: &x [1]\nb: *x", "line 2 column 4: aliases are not allowed"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: [1", "line 1"),
        ("[a]: 1\n", "key"),
        ("{[1, 2]: 3}", "key"),
        ("a: 2026-99-99", "not readable"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    assert load("a: 1\nb: 2", "file.yaml") == {"a": 1, "b": 2}
    with pytest.raises(InvalidConfig) as caught:
        load(text, "file.yaml")
    assert "file.yaml" in caught.value.message
    assert says in caught.value.message


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidConfig):
        load(b"a: \xff\xfe", "file.yaml")


def test_depth_and_size_have_a_limit() -> None:
    assert load("[" * 10 + "]" * 10, "f") is not None
    with pytest.raises(InvalidConfig):
        load("[" * 20_000 + "]" * 20_000, "f")
    assert load("a: bcd", "f", max_bytes=6) == {"a": "bcd"}
    with pytest.raises(InvalidConfig) as caught:
        load("a: bcde", "f", max_bytes=6)
    assert "7 bytes" in caught.value.message


def test_the_field_at_fault_is_named_with_its_place() -> None:
    assert parse(Row, {"name": "x"}, "f").name == "x"
    for data, field in (
        ({}, "name"),
        ({"name": "x", "parts": [1, "b"]}, "parts.1"),
        ({"name": "x", "colour": "red"}, "colour"),
    ):
        with pytest.raises(InvalidConfig) as caught:
            parse(Row, data, "f")
        assert caught.value.param == field
    with pytest.raises(InvalidConfig) as caught:
        parse(Row, ["x"], "f")
    assert caught.value.param is None
    assert "the file" in caught.value.message
