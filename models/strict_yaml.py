"""Strict reading of our YAML files: safe tags only, no duplicate keys, no aliases, a size cap."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from models.errors import InvalidConfig

MAX_BYTES = 1_000_000

T = TypeVar("T", bound=BaseModel)


class _StrictLoader(yaml.SafeLoader):
    """Refuses what YAML lets pass in silence: a repeated key, or an alias that may blow up."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None, None, "aliases are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be plain text", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load(text: str | bytes, source: str, max_bytes: int = MAX_BYTES) -> Any:
    """The data in a YAML text; `source` names the file in errors.

    Raises InvalidConfig with the line at fault.
    """
    size = len(text if isinstance(text, bytes) else text.encode())
    if size > max_bytes:
        raise InvalidConfig(f"{source} has {size} bytes; at most {max_bytes} are read.")
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader made stricter
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise InvalidConfig(
            f"{source}{_place(error)}: {_problem(error)}. Mend the file."
        ) from error


def read(file: Traversable) -> bytes:
    """The bytes of a file; raises InvalidConfig naming it when there is no reading them."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{file} can't be read: {error.strerror}. Mend the file.") from error


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1} column {mark.column + 1}" if mark else ""


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or "this is not readable as YAML")


def parse(model: type[T], data: object, source: str) -> T:
    """`data` as `model`; raises InvalidConfig whose `param` is the dotted field at fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        more = error.error_count() - 1
        rest = f"; faults in all: {more + 1}" if more else ""
        raise InvalidConfig(
            f"{source}: {field or 'the file'}: {_fault(first)}{rest}.", param=field or None
        ) from error


def _fault(error: Mapping[str, Any]) -> str:
    """What is wrong, in words for somebody who writes the file."""
    known = {"missing": "is missing", "extra_forbidden": "is no field here; mend its name"}
    return known.get(str(error["type"]), str(error["msg"]))
