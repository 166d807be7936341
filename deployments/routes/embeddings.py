"""POST /v1/embeddings."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.ports import RemoteEmbedder
from deployments.wire.body import read_json
from deployments.wire.body_texts import body_texts
from deployments.wire.chat_body import RouteBody
from deployments.wire.openapi import json_body
from models.embeddings import EmbeddingRequest, Vectors
from models.errors import InvalidRequest, UnsupportedParameter
from models.messages import Usage
from router.budget_estimate import text_bound
from router.keys import Scope

router = APIRouter(tags=["embeddings"])


class EmbeddingsBody(BaseModel):
    """Texts to embed."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model: str = Field(max_length=256)
    input: str | Annotated[list[str | int | list[int]], Field(min_length=1)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None
    route: RouteBody = Field(default_factory=RouteBody)


@router.post("/v1/embeddings", summary="Embed texts", openapi_extra=json_body(EmbeddingsBody))
async def create(request: Request, state: SharedState) -> Response:
    """One vector a text, in order."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, EmbeddingsBody, state.limits.body_bytes)
    call = Call(state, principal, request, body.route)
    inputs = _texts(body, state.limits.embeddings_inputs)
    await call.detect({"user": list(body_texts(body))})
    card = call.model(body.model, "embedding")
    request.state.model = card.id
    wanted = EmbeddingRequest(card.id, inputs, request_id=call.request_id)
    async with call.charge(card, text_bound(card, inputs)) as charge:
        found = await RemoteEmbedder(state.models[card.id]).embed(wanted, call.deadline)
        charge.used(Usage(prompt_tokens=found.tokens))
    if body.dimensions is not None and body.dimensions != found.identity.dim:
        raise UnsupportedParameter(
            f"'{card.id}' has {found.identity.dim} dimensions, no other.", param="dimensions"
        )
    usage = {"prompt_tokens": found.tokens, "total_tokens": found.tokens}
    data = _data(found.vectors, body.encoding_format)
    route = call.finished(card, Usage(prompt_tokens=found.tokens))
    answer = {"object": "list", "data": data, "model": card.id, "usage": usage, "route": route}
    return JSONResponse(answer, headers=call.headers(card.id))


def _texts(body: EmbeddingsBody, limit: int) -> tuple[str, ...]:
    texts = [body.input] if isinstance(body.input, str) else body.input
    if len(texts) > limit:
        raise InvalidRequest(f"At most {limit} inputs at once.", param="input")
    if not all(isinstance(text, str) for text in texts):
        raise UnsupportedParameter("Send texts; token ids are not taken.", param="input")
    if not all(texts):
        raise InvalidRequest("An input is empty.", param="input")
    return tuple(str(text) for text in texts)


def _data(vectors: Vectors, encoding: str) -> list[dict[str, Any]]:
    return [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
        for index, vector in enumerate(vectors)
    ]


def _encoded(vector: Vectors, encoding: str) -> Any:
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()
