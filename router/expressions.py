"""The small language of `when`, `with` and `output`: references, comparisons, and/or/not, `a | b`.

A text is parsed once into frozen nodes; nothing is ever executed as Python.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from models.errors import InvalidConfig

MAX_LENGTH = 500
MAX_DEPTH = 20

Lookup = Callable[[tuple[str, ...]], Any]


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Ref:
    """A dotted reference such as `intent.sentiment`; its first part names `input` or a step."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class First:
    """`a | b`: the first value that is neither null nor empty, otherwise the last."""

    options: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; of values that cannot be compared it is false."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class All:
    """`a and b`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`a or b`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not a`."""

    part: Expression


Expression: TypeAlias = Literal | Ref | First | Compare | All | AnyOf | Not

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def parse(text: str, field: str) -> Expression:
    """The expression in `text`; raises InvalidConfig naming `field`."""
    if len(text) > MAX_LENGTH:
        raise _bad(field, f"an expression has at most {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _bad(field, f"`{text}` is not an expression") from error
    return _build(tree.body, field, 0)


def references(expression: Expression) -> frozenset[tuple[str, ...]]:
    """Every path the expression may read."""
    match expression:
        case Ref(path):
            return frozenset({path})
        case Literal():
            return frozenset()
        case First(parts) | All(parts) | AnyOf(parts):
            return frozenset().union(*(references(part) for part in parts))
        case Compare(_, left, right):
            return references(left) | references(right)
        case Not(part):
            return references(part)


def evaluate(expression: Expression, lookup: Lookup) -> Any:
    """Its value; `lookup` gives the value of a path, None where there is none."""
    match expression:
        case Literal(value):
            return value
        case Ref(path):
            return lookup(path)
        case First(options):
            return _first([evaluate(option, lookup) for option in options])
        case Compare(op, left, right):
            return _compare(op, evaluate(left, lookup), evaluate(right, lookup))
        case All(parts):
            return all(evaluate(part, lookup) for part in parts)
        case AnyOf(parts):
            return any(evaluate(part, lookup) for part in parts)
        case Not(part):
            return not evaluate(part, lookup)


def is_present(value: object) -> bool:
    """Whether there is anything in a value; zero and false are something."""
    return value is not None and value not in ("", [], {}, ())


def _first(values: list[Any]) -> Any:
    return next((value for value in values if is_present(value)), values[-1])


def _compare(op: str, left: Any, right: Any) -> bool:
    try:
        return bool(_OPERATORS[op](left, right))
    except TypeError:
        return False


def _build(node: ast.expr, field: str, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise _bad(field, "the expression is nested too deep")
    match node:
        case ast.Constant(value=str() | int() | float() | bool() | None as value):
            return Literal(value)
        case ast.Name() | ast.Attribute():
            return Ref(_path(node, field))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return Literal(-value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_build(operand, field, depth + 1))
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return First(_flat(_build(left, field, depth + 1), _build(right, field, depth + 1)))
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_build(value, field, depth + 1) for value in values)
            return All(parts) if isinstance(op, ast.And) else AnyOf(parts)
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _SIGNS:
            return Compare(
                _SIGNS[type(sign)], _build(left, field, depth + 1), _build(right, field, depth + 1)
            )
    raise _bad(field, "only references, numbers, texts, comparisons, and/or/not and | may stand")


def _flat(left: Expression, right: Expression) -> tuple[Expression, ...]:
    return (*(left.options if isinstance(left, First) else (left,)), right)


def _path(node: ast.expr, field: str) -> tuple[str, ...]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise _bad(field, "a reference is names joined by dots")
    path = (node.id, *reversed(parts))
    if any(part.startswith("_") for part in path):
        raise _bad(field, "a name in a reference must not begin with an underscore")
    return path


def _bad(field: str, why: str) -> InvalidConfig:
    return InvalidConfig(f"{field}: {why}.", param=field)
