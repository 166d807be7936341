"""Read a JSON body into a model, with every fault a typed 400 that names its field."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.requests import Request

from deployments.wire.refused import REFUSED
from models.errors import BodyTooLarge, InvalidRequest, UnsupportedParameter

T = TypeVar("T", bound=BaseModel)
_LONGEST_NAME = 128
# Looking for names said twice takes 4 ms a MiB, too long for a loop that others wait on.
_SEARCHED = 1024 * 1024


async def read_pieces(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, refused as soon as it is known to be over `limit` bytes."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise _too_large(limit)
    taken = 0
    async for piece in request.stream():
        taken += len(piece)
        if taken > limit:
            raise _too_large(limit)
        yield piece


async def read_bytes(request: Request, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes."""
    body = bytearray()
    async for piece in read_pieces(request, limit):
        body += piece
    return bytes(body)


async def read_json(request: Request, model: type[T], limit: int) -> T:
    """The body as `model`; raises InvalidRequest naming the first field at fault."""
    return parse_json(model, await read_bytes(request, limit))


def parse_json(model: type[T], body: bytes) -> T:
    """JSON text as `model`; the value at fault is never repeated, it may be content."""
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        raise _fault(error, body) from None
    if len(body) <= _SEARCHED:
        json.loads(body, object_pairs_hook=_said_once)
    return parsed


def _said_once(pairs: Sequence[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        param = twice[:_LONGEST_NAME]
        raise InvalidRequest(f"'{param}' stands twice in one object; send it once.", param=param)


def _fault(error: ValidationError, body: bytes) -> InvalidRequest:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return InvalidRequest("The body is not valid JSON in UTF-8, or is nested too deep.")
    path, worst = _deepest(found, from_json(body))
    param = ".".join(path)[:_LONGEST_NAME] or None
    where = f"'{param}'" if param else "The body"
    if worst["type"] == "extra_forbidden":
        return UnsupportedParameter(
            f"{where} is not a parameter of this request; leave it out.", param=param
        )
    if worst["type"] == REFUSED:
        return UnsupportedParameter(f"{where} is not offered here; leave it out.", param=param)
    if worst["type"] == "missing":
        return InvalidRequest(f"{where} is missing.", param=param)
    if worst["type"].startswith("union_tag"):
        return InvalidRequest(f"{where}: its type is none that is known here.", param=param)
    return InvalidRequest(f"{where}: {worst['msg']}.", param=param)


def _deepest(found: Sequence[ErrorDetails], body: Any) -> tuple[list[str], ErrorDetails]:
    """The error that says most: of the alternatives of one field, the one that went furthest."""
    field = found[0]["loc"][:1]
    tried = [(_path(one, body), one) for one in found if one["loc"][:1] == field]
    return max(tried, key=lambda pair: len(pair[0]))


def _path(error: ErrorDetails, body: Any) -> list[str]:
    """Where in the body it is, without pydantic's names for the alternatives it tried."""
    path: list[str] = []
    at = body
    *inner, last = error["loc"] or ("",)
    for part in inner:
        if _leads_on(at, part):
            path, at = [*path, str(part)], at[part]
    missing = isinstance(at, dict) and error["type"] == "missing"
    return [*path, str(last)] if missing or _leads_on(at, last) else path


def _leads_on(at: Any, part: int | str) -> bool:
    if isinstance(at, list):
        return isinstance(part, int) and part < len(at)
    return isinstance(at, dict) and part in at


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {limit} bytes; send less, or in parts.")
