"""JSON schemas of what steps give out, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema

from models import strict_yaml
from models.errors import InvalidConfig

_FILE = re.compile(r"^(?P<name>[A-Za-z][A-Za-z0-9_]*)\.yaml$")
_REFERENCES = ("$ref", "$dynamicRef")


class Schemas:
    """The schemas a plan may name in `output:` of a step."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._schemas = schemas

    def names(self) -> tuple[str, ...]:
        """Every schema by name."""
        return tuple(sorted(self._schemas))

    def get(self, name: str, field: str) -> Mapping[str, Any]:
        """The schema; raises InvalidConfig naming `field`."""
        if name not in self._schemas:
            raise InvalidConfig(f"{field}: there is no schema `{name}`.", param=field)
        return self._schemas[name]

    def fields(self, name: str, field: str) -> frozenset[str]:
        """The properties its objects have."""
        return frozenset(self.get(name, field).get("properties", {}))

    def read(self, name: str, text: str) -> Any | None:
        """The data in a model's JSON, or None when it is not of the schema."""
        try:
            data = json.loads(text)
            jsonschema.Draft202012Validator(self._schemas[name]).validate(data)
        except (ValueError, RecursionError, jsonschema.ValidationError):
            return None
        return data


def load_schemas(*folders: Traversable) -> Schemas:
    """The schemas that ship with Podium and every `Name.yaml` of `folders`.

    A later one replaces an earlier one of its name. Raises InvalidConfig naming the file at fault.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for root in (resources.files("router").joinpath("schemas"), *folders):
        for entry in sorted(root.iterdir(), key=lambda item: item.name):
            if entry.name.endswith((".yaml", ".yml")):
                found[_name(entry)] = _read_schema(entry)
    return Schemas(found)


def _name(file: Traversable) -> str:
    match = _FILE.match(file.name)
    if match is None:
        raise InvalidConfig(f"{file} is no schema: name it in letters and digits, as Intent.yaml.")
    return match["name"]


def _read_schema(file: Traversable) -> Mapping[str, Any]:
    schema = strict_yaml.load(strict_yaml.read(file), str(file))
    if not isinstance(schema, dict):
        raise InvalidConfig(f"{file} must be a JSON schema, a mapping.")
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        field = ".".join(str(part) for part in error.absolute_path)
        raise InvalidConfig(f"{file}: {field}: {error.message}.", param=field or None) from error
    _check_references(schema, schema, file)
    return schema


def _check_references(part: Any, schema: Mapping[str, Any], file: Traversable) -> None:
    """Only places in the same file: the validator would fetch any other."""
    if isinstance(part, dict):
        for name in _REFERENCES:
            value = part.get(name)
            if isinstance(value, str) and not _leads_somewhere(value, schema):
                raise InvalidConfig(
                    f"{file}: {name} must be '#' or a place in this file, as '#/$defs/item'.",
                    param=name,
                )
    inner = part.values() if isinstance(part, dict) else part
    for one in inner if not isinstance(part, str) and isinstance(inner, Iterable) else ():
        _check_references(one, schema, file)


def _leads_somewhere(reference: str, schema: Any) -> bool:
    """Whether the JSON pointer (RFC 6901) behind `#` is a mapping or a truth value."""
    head, *parts = reference.split("/")
    for part in parts:
        name = part.replace("~1", "/").replace("~0", "~")
        schema = schema.get(name) if isinstance(schema, dict) else None
    return head == "#" and isinstance(schema, dict | bool)
