"""A value that fits a JSON schema: what the stub answers where a schema is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

_DEEPEST = 16
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'|“([^”]+)”")


class Values(Protocol):
    """Where the plain values of an instance come from."""

    def number(self, least: float | None) -> float:
        """A number that is at least that."""

    def text(self) -> str:
        """A text."""

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options."""

    def names(self) -> Sequence[str]:
        """The names of an object whose schema names none."""


class Least:
    """The least value of every kind."""

    def number(self, least: float | None) -> float:
        return 0 if least is None else least

    def text(self) -> str:
        return ""

    def choice(self, options: Sequence[Any]) -> Any:
        return options[0]

    def names(self) -> Sequence[str]:
        return ()


class Echo:
    """Values out of a text: its numbers and its quotations in turn, or else the whole text.

    An object whose schema names nothing has the quotations for its names.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._numbers: Iterator[str] = iter(_NUMBER.findall(text))
        self._quotes: Iterator[str] = iter("".join(found) for found in _QUOTED.findall(text))

    def number(self, least: float | None) -> float:
        found = next(self._numbers, None)
        value = 0.0 if found is None else float(found)
        return value if least is None else max(value, least)

    def text(self) -> str:
        return next(self._quotes, self._text)

    def choice(self, options: Sequence[Any]) -> Any:
        words = [one for one in options if isinstance(one, str) and _stands_in(one, self._text)]
        return words[0] if words else options[0]

    def names(self) -> Sequence[str]:
        return ["".join(found) for found in _QUOTED.findall(self._text)]


def _stands_in(word: str, text: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))


def instance_of(schema: Mapping[str, Any], values: Values | None = None) -> Any:
    """The value: constants as they stand, and of an object's properties the required ones."""
    return _Maker(schema, values or Least()).value(schema, 0)


class _Maker:
    def __init__(self, root: Mapping[str, Any], values: Values) -> None:
        self._root = root
        self._values = values

    def value(self, schema: Mapping[str, Any], depth: int) -> Any:
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._values.choice(schema["enum"])
        inner = self._inner(schema)
        if inner is not None:
            return self.value(inner, depth + 1) if depth < _DEEPEST else None
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        return self._plain(kind, schema)

    def _inner(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a reference or a choice of schemas stands for."""
        if isinstance(schema.get("$ref"), str):
            found: Any = self._root
            for name in schema["$ref"].removeprefix("#/").split("/"):
                found = found.get(name, {})
            return found if isinstance(found, Mapping) else {}
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                chosen: Mapping[str, Any] = schema[key][0]
                return chosen
        return None

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        if depth >= _DEEPEST:
            return {}
        properties = schema.get("properties", {})
        if "properties" not in schema and "required" not in schema:
            return {name: self._values.text() for name in self._values.names()}
        wanted = schema.get("required", list(properties))
        return {name: self.value(properties.get(name, {}), depth + 1) for name in wanted}

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        items = schema.get("items")
        many = schema.get("minItems", 0)
        if not isinstance(items, Mapping) or depth >= _DEEPEST:
            return []
        return [self.value(items, depth + 1) for _ in range(many)]

    def _plain(self, kind: str, schema: Mapping[str, Any]) -> Any:
        if kind == "integer":
            return int(self._values.number(schema.get("minimum")))
        if kind == "number":
            return self._values.number(schema.get("minimum"))
        if kind == "boolean":
            return False
        return None if kind == "null" else self._values.text()


def _kind(schema: Mapping[str, Any]) -> str:
    """The type; Gemini's own schemas write it in capitals."""
    kind = schema.get("type", "object" if "properties" in schema or not schema else "string")
    first = kind[0] if isinstance(kind, list) else kind
    return str(first).lower()
