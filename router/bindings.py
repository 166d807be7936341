"""What a step is given: lists, mappings, literals and references, resolved when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from models.errors import InvalidConfig
from router import expressions
from router.expressions import Expression, Literal, Lookup

_DOTTED = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")


@dataclass(frozen=True, slots=True)
class Items:
    """A list of bindings."""

    parts: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping of bindings."""

    parts: Mapping[str, Binding]


Binding: TypeAlias = Expression | Items | Fields


def read(value: object, roots: Iterable[str], field: str) -> Binding:
    """A value of the plan's YAML as a binding.

    A text is an expression when it begins with one of `roots` or joins references by `|`, and
    otherwise stands for itself; `{literal: …}` always stands for itself.
    """
    known = frozenset(roots)
    match value:
        case {"literal": str() as text, **rest} if not rest:
            return Literal(text)
        case dict():
            return Fields(
                {str(key): read(part, known, f"{field}.{key}") for key, part in value.items()}
            )
        case list():
            parts = enumerate(value)
            return Items(tuple(read(part, known, f"{field}.{index}") for index, part in parts))
        case str() if _is_expression(value, known):
            return expressions.parse(value, field)
        case str() | int() | float() | bool() | None:
            return Literal(value)
    raise InvalidConfig(f"{field}: only texts, numbers, lists and mappings may stand.", param=field)


def references(binding: Binding) -> frozenset[tuple[str, ...]]:
    """Every path the binding may read."""
    match binding:
        case Items(parts):
            return frozenset().union(*(references(part) for part in parts))
        case Fields(parts):
            return frozenset().union(*(references(part) for part in parts.values()))
        case _:
            return expressions.references(binding)


def resolve(binding: Binding, lookup: Lookup) -> Any:
    """Its value now."""
    match binding:
        case Items(parts):
            return [resolve(part, lookup) for part in parts]
        case Fields(parts):
            return {name: resolve(part, lookup) for name, part in parts.items()}
        case _:
            return expressions.evaluate(binding, lookup)


def _is_expression(text: str, roots: frozenset[str]) -> bool:
    if _DOTTED.match(text) or text in roots:
        return True
    head = re.split(r"[.\s|]", text.strip(), maxsplit=1)[0]
    return head in roots and "|" in text
