"""OpenAI's own description of its API as JSON schemas, where a copy lies beside the project."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

DESCRIPTION = Path(__file__).parents[3] / "shared" / "data" / "openai" / "openapi.yaml.gz"


@cache
def _components() -> dict[str, Any]:
    with gzip.open(DESCRIPTION) as file:
        components: dict[str, Any] = yaml.load(file, yaml.CSafeLoader)["components"]
    found: dict[str, Any] = _said_anew(components)
    return found


def _said_anew(schema: Any) -> Any:
    """`nullable: true`, which JSON schema does not know, in words that it does."""
    if isinstance(schema, list):
        return [_said_anew(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _said_anew(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def check(name: str, value: Any) -> None:
    """Fail when `value` is not of the schema of that name; skip where there is no description."""
    if not DESCRIPTION.is_file():
        pytest.skip(f"OpenAI's API description is not here: {DESCRIPTION.name}")
    schema = {"$ref": f"#/components/schemas/{name}", "components": _components()}
    errors = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in Draft202012Validator(schema).iter_errors(value)
    ]
    if errors:
        raise AssertionError("; ".join(errors))
