"""A least value that fits a JSON schema: what the stub answers where a schema is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEEPEST = 16
_LEAST: Mapping[str, Any] = {
    "string": "",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "null": None,
    "array": [],
}


def instance_of(schema: Mapping[str, Any], depth: int = 0) -> Any:
    """The value: constants and first choices as they stand, required fields only."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key) and depth < _DEEPEST:
            return instance_of(schema[key][0], depth + 1)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, depth)
    if kind == "integer" or kind == "number":
        return schema.get("minimum", _LEAST[kind])
    return _LEAST.get(kind, "")


def _object(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= _DEEPEST:
        return {}
    properties = schema.get("properties", {})
    wanted = schema.get("required", list(properties))
    return {name: instance_of(properties.get(name, {}), depth + 1) for name in wanted}
