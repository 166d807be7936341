"""What may stand in the bytes that leave: one JSON object of known fields, for the right model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from models.errors import GatePayloadRefused
from router.gate.opaque import is_picture


def read_payload(payload: bytes, fields: frozenset[str], vendor_model: str) -> dict[str, Any]:
    """The object in `payload`; raises GatePayloadRefused for any field that is not in `fields`.

    A dialect without a field for the model has it in the address, of which a row has one.
    """
    try:
        body = json.loads(payload, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise GatePayloadRefused("The bytes to send are not strict JSON.") from error
    if not isinstance(body, dict):
        raise GatePayloadRefused("The bytes to send are no JSON object.")
    unknown = sorted(set(body) - fields)
    if unknown:
        raise GatePayloadRefused(f"{len(unknown)} fields of the bytes to send may not leave.")
    if "model" in fields and body.get("model") != vendor_model:
        raise GatePayloadRefused("The bytes to send are for another model.")
    return body


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value but pictures, keys too; depth is bounded by the parser."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *(inner for name, inner in one.items() if not is_picture(one, name))]
        elif isinstance(one, list):
            left += one


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values of one name: the next reader might believe the other one."""
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a name stands twice")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")
