"""JSON schemas of what steps give out, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema

from models import strict_yaml
from models.errors import InvalidConfig


class Schemas:
    """The schemas a plan may name in `output:` of a step."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._schemas = dict(schemas)
        for name, schema in self._schemas.items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as error:
                raise InvalidConfig(
                    f"schemas.{name}: {error.message}.", param=f"schemas.{name}"
                ) from error

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
            jsonschema.validate(data, self._schemas[name])
        except (ValueError, RecursionError, jsonschema.ValidationError):
            return None
        return data


def load_schemas(folder: Traversable | None = None) -> Schemas:
    """Every `Name.yaml` of a folder, those that ship with Podium by default."""
    root = folder or resources.files("router").joinpath("schemas")
    files = [entry for entry in root.iterdir() if entry.name.endswith(".yaml")]
    return Schemas(
        {entry.name[:-5]: strict_yaml.load(entry.read_bytes(), entry.name) for entry in files}
    )
