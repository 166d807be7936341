"""Tables of a pydantic model's fields, for the reference pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

HEAD = "| field | value | default | |\n|---|---|---|---|"
LONGEST_ENUM = 10


class Field(NamedTuple):
    """One row; `path` is dotted."""

    path: str
    kind: str
    default: str


def fields_of(model: type[BaseModel]) -> list[Field]:
    """Every field of `model`, nested models opened into dotted paths."""
    schema = model.model_json_schema(by_alias=True)
    return list(_fields(schema, schema.get("$defs", {}), ""))


def table(model: type[BaseModel], meanings: Mapping[str, str]) -> str:
    """The fields with a meaning each; fails when `meanings` lacks one or has one too many."""
    rows = fields_of(model)
    differing = {row.path for row in rows} ^ set(meanings)
    if differing:
        raise SystemExit(f"{model.__name__}: mend the meanings of {sorted(differing)}")
    lines = [f"| `{r.path}` | {r.kind} | {r.default} | {meanings[r.path]} |" for r in rows]
    return "\n".join([HEAD, *lines])


def plain_table(model: type[BaseModel]) -> str:
    """The top fields alone, for bodies whose meaning is somebody else's standard."""
    schema = model.model_json_schema(by_alias=True)
    defs, needed = schema.get("$defs", {}), set(schema.get("required", ()))
    lines = ["| field | value | default |", "|---|---|---|"]
    for name, node in schema["properties"].items():
        if node.get("refused"):
            lines.append(f"| `{name}` | refused |  |")
            continue
        default = "required" if name in needed else _default(node)
        lines.append(f"| `{name}` | {_kind(node, defs)} | {default} |")
    return "\n".join(lines)


def _fields(node: Mapping[str, Any], defs: Mapping[str, Any], prefix: str) -> Iterator[Field]:
    needed = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        path, target = prefix + name, _target(child, defs)
        if "properties" in target:
            yield from _fields(target, defs, f"{path}.")
        else:
            default = "required" if name in needed else _default(child)
            yield Field(path, _kind(child, defs), default)


def _target(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    name = node.get("$ref", "").rpartition("/")[2]
    target: Mapping[str, Any] = defs.get(name, node)
    return target


def _default(node: Mapping[str, Any]) -> str:
    value = node.get("default")
    if value is None or value in ([], {}, ""):
        return ""
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)
    return f"`{text}`"


def _kind(node: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    target = _target(node, defs)
    options = target.get("anyOf") or target.get("oneOf")
    if options:
        kinds = dict.fromkeys(_kind(option, defs) for option in options)
        return " or ".join(kind for kind in kinds if kind != "null")
    if "enum" in target and len(target["enum"]) <= LONGEST_ENUM:
        return ", ".join(f"`{value}`" for value in target["enum"])
    if "const" in target:
        return f"`{target['const']}`"
    if target.get("type") == "array":
        return f"list of {_kind(target.get('items', {}), defs)}"
    return _plain(target)


def _plain(target: Mapping[str, Any]) -> str:
    names = {"string": "text", "object": "mapping", "boolean": "true or false"}
    kind = str(target.get("type", "any"))
    bounds = ", ".join(_bounds(target))
    return f"{names.get(kind, kind)} {bounds}".strip()


def _bounds(target: Mapping[str, Any]) -> Iterator[str]:
    signs = {
        "minimum": "≥ ",
        "maximum": "≤ ",
        "exclusiveMinimum": "> ",
        "exclusiveMaximum": "< ",
        "minLength": "length ≥ ",
        "maxLength": "length ≤ ",
    }
    for name, sign in signs.items():
        if name in target:
            yield f"{sign}{target[name]}"
    if "pattern" in target:
        yield "matching `" + str(target["pattern"]).replace("|", "\\|") + "`"
