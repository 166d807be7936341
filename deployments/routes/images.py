"""POST /v1/images/generations."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.fallback_images import FallbackImages
from deployments.gateway_state import SharedState
from deployments.made_pictures import keep_pictures
from deployments.wire.body import read_json
from deployments.wire.body_texts import body_texts
from deployments.wire.images_body import ImagesBody
from deployments.wire.openapi import json_body
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidRequest, NotFound
from models.image_jobs import finished
from models.images import Image, ImageRequest, Images
from models.messages import Usage
from models.remote.imagine_body import WEBHOOKS
from router.budget_estimate import image_bound
from router.gate.doorbell import is_name
from router.keys import Scope

_RING_S = 5.0
_DIGEST = re.compile(r"[0-9a-f]{64}")

router = APIRouter(tags=["images"])


@router.post("/v1/images/generations", summary="Make pictures", openapi_extra=json_body(ImagesBody))
async def create(request: Request, state: SharedState) -> Response:
    """The pictures as base64, once they are all made."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, ImagesBody, state.limits.body_bytes)
    call = Call(state, principal, request, body.route)
    await call.detect({"user": list(body_texts(body))})
    chain, origin = call.image_models(body.model)
    request.state.model = chain[0].id
    wanted = ImageRequest(
        model="",
        prompt=body.prompt,
        n=body.n or 1,
        size=None if body.size == "auto" else body.size,
        quality=None if body.quality == "auto" else body.quality,
        seed=body.seed,
        format=body.output_format,
        request_id=call.request_id,
        origin=origin,
    )
    models = FallbackImages(chain, lambda card, asked: _make(call, card, asked), call.may_ask)
    made, usage = await models.make(wanted, call.deadline)
    card = models.answering
    request.state.model = card.id
    assets = await keep_pictures(call, card, wanted, made)
    route = call.finished(card, usage) | {"assets": [f"sha256:{one.digest}" for one in assets]}
    answer = _answer([one.image for one in assets], usage) | {"route": route}
    return JSONResponse(answer, headers=call.headers(card.id))


@router.delete("/v1/images/{asset}", summary="Delete a picture")
async def delete(asset: str, request: Request, state: SharedState) -> dict[str, Any]:
    """Delete a picture that is kept, by its name in `route.assets`; what made it stays recorded."""
    principal = state.keyring.principal(request, Scope.WRITE)
    digest = asset.removeprefix("sha256:")
    if not _DIGEST.fullmatch(digest):
        raise InvalidRequest("A picture is named `sha256:` and 64 hex digits.", param="asset")
    await state.state.call(
        "delete_asset", principal.tenant, principal.key_id, digest, deadline=state.deadline()
    )
    return {"id": f"sha256:{digest}", "deleted": True}


@router.post(WEBHOOKS + "/{model}/{name}", status_code=204, summary="Say that a job has ended")
async def ended(model: str, name: str, state: SharedState) -> Response:
    """Take in that a job of a model outside has ended; what is said beside that is not read."""
    remote = state.models.get(model)
    known = remote is not None and not state.catalog.card(model).is_local
    if remote is None or not known or not is_name(state.bell, name):
        raise _nobody_sent_for()
    if not await remote.call("ring", name, deadline=Deadline.after(_RING_S)):
        raise _nobody_sent_for()
    return Response(status_code=204)


def _nobody_sent_for() -> NotFound:
    return NotFound("No job waits for this call: its address is wrong, or the job has ended.")


async def _make(call: Call, card: ModelCard, wanted: ImageRequest) -> tuple[Images, Usage]:
    """The pictures and what they are charged for.

    Tokens that nobody counted are charged at their bound, unless the row has a price a picture.
    """
    model = call.state.image_model(card.id)
    most = image_bound(card, wanted.prompt, wanted.n, call.deadline.remaining())
    async with call.charge(card, most) as charge:
        job = await model.submit(wanted, call.deadline)
        made = await finished(model, job, call.deadline)
        usage = made.usage or Usage(images=len(made.images))
        if made.usage is not None or card.tariff.image or card.is_local:
            charge.used(usage)
    return made, usage


def _answer(pictures: Sequence[Image], usage: Usage) -> dict[str, Any]:
    format_ = pictures[0].media_type.removeprefix("image/")
    data = [{"b64_json": base64.b64encode(one.data).decode()} for one in pictures]
    answer: dict[str, Any] = {"created": int(time.time()), "data": data, "output_format": format_}
    if usage.prompt_tokens or usage.completion_tokens:
        answer["usage"] = {
            "input_tokens": usage.prompt_tokens,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": usage.prompt_tokens},
            "output_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        }
    return answer
