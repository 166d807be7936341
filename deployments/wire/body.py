"""Read a JSON body into a model, with every fault a typed 400 that names its field."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from models.errors import BodyTooLarge, InvalidRequest, UnsupportedParameter

T = TypeVar("T", bound=BaseModel)


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body, refused as soon as it is known to be over `limit` bytes."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


async def read_json(request: Request, model: type[T], limit: int) -> T:
    """The body as `model`; raises InvalidRequest naming the first field at fault."""
    return parse_json(model, await read_bytes(request, limit))


def parse_json(model: type[T], body: bytes) -> T:
    """JSON text as `model`; the value at fault is never repeated, it may be content."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _fault(error) from None


def _fault(error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    param = ".".join(str(part) for part in first["loc"]) or None
    if first["type"] == "json_invalid":
        return InvalidRequest("The body is not valid JSON in UTF-8, or is nested too deep.")
    if first["type"] == "extra_forbidden":
        return UnsupportedParameter(
            f"'{param}' is not a parameter of this request; leave it out.", param=param
        )
    return InvalidRequest(f"'{param}': {first['msg']}.", param=param)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {limit} bytes; send less, or in parts.")
