"""A JSON schema with every object closed, as providers of structured output demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What stands under these is data and no schema.
_VALUES = frozenset({"const", "enum", "default", "examples"})


def closed_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with `additionalProperties: false` wherever an object leaves that open.

    What fits the closed schema fits the open one.
    """
    closed = {name: value if name in _VALUES else _closed(value) for name, value in schema.items()}
    return {**closed, "additionalProperties": False} if _is_open(schema) else closed


def _closed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return closed_schema(value)
    if isinstance(value, list):
        return [_closed(one) for one in value]
    return value


def _is_open(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and "additionalProperties" not in schema
