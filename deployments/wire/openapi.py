"""The description at /openapi.json: bodies and every status a path can answer with."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from deployments.wire.messages_errors import OVERLOADED, speaks_messages
from models.remote.imagine_body import WEBHOOKS

_REF = "#/components/schemas/{model}"
_STATUSES: Mapping[int, str] = {
    400: "The request is wrong; the field at fault is named.",
    401: "No key, or none that is known.",
    403: "The key or the policy does not allow it.",
    404: "There is no such thing for this key.",
    409: "Its state rules this out.",
    408: "The body stopped coming.",
    413: "The body is over a limit.",
    429: "A rate or a budget is used up, or everything is busy.",
    500: "A fault of Podium's own.",
    503: "A part that is needed is not answering.",
    504: "Not done in time.",
}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": _TEXT_OR_NULL,
                "code": _TEXT_OR_NULL,
            },
            "required": ["message", "type", "param", "code"],
        }
    },
    "required": ["error"],
}
_MESSAGES_ERROR = {
    "type": "object",
    "properties": {
        "type": {"const": "error"},
        "error": {
            "type": "object",
            "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
            "required": ["type", "message"],
        },
        "request_id": {"type": "string"},
    },
    "required": ["type", "error", "request_id"],
}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """A route's `openapi_extra` for a JSON body of `model`, which the route reads by itself."""
    return _body({"application/json": model.model_json_schema(ref_template=_REF)})


def file_form() -> dict[str, Any]:
    """The same for a form with a file of audio and the model that is to hear it."""
    properties = {"file": {"type": "string", "format": "binary"}, "model": {"type": "string"}}
    form = {"type": "object", "properties": properties, "required": ["file", "model"]}
    return _body({"multipart/form-data": form})


def document_body() -> dict[str, Any]:
    """The same for a document as it is."""
    return _body({"text/markdown": {"type": "string"}, "text/plain": {"type": "string"}})


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of an application's routes; made once, then kept by it."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        schemas |= {"Error": _ERROR, "MessagesError": _MESSAGES_ERROR}
        key = {"type": "http", "scheme": "bearer"}
        found["components"]["securitySchemes"] = {"key": key}
        for path, operations in found["paths"].items():
            for operation in operations.values():
                _finish(path, operation, schemas)
        app.openapi_schema = found
    return app.openapi_schema


def _finish(path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    if "requestBody" in operation:
        # The route's own, which another application describes, too.
        operation["requestBody"] = deepcopy(operation["requestBody"])
        for content in operation["requestBody"]["content"].values():
            schemas |= content["schema"].pop("$defs", {})
    responses = operation["responses"]
    responses.pop("422", None)
    if path == "/readyz":
        responses["503"] = {"description": "Not every model answers yet."}
    if path in ("/healthz", "/readyz"):
        return
    if not path.startswith(WEBHOOKS):
        operation["security"] = [{"key": []}]
    ours = not speaks_messages(path)
    statuses = _STATUSES if ours else {**_STATUSES, OVERLOADED: "Everything is busy."}
    schema = {"$ref": _REF.format(model="Error" if ours else "MessagesError")}
    for status, meaning in statuses.items():
        content = {"application/json": {"schema": schema}}
        responses[str(status)] = {"description": meaning, "content": content}


def _body(schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind, schema in schemas.items()}
    return {"requestBody": {"required": True, "content": content}}
