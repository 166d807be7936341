"""A chat model outside behind its pseudonyms: tokens go out, values come back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from models.deadline import Deadline
from models.errors import InternalError
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel
from router.pseudonyms.run import Redacting

log = logging.getLogger("podium.pseudonyms")


class PseudonymousChat:
    """A ChatModel for the one request that `redacting` was made for.

    What `model` is sent is that request with tokens, and it says what was lowered; the answer has
    its values again wherever they may stand.
    """

    def __init__(self, model: ChatModel, redacting: Redacting) -> None:
        self._model = model
        self._redacting = redacting

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer, with its values."""
        answer = await self._model.complete(self._leaving(request), deadline)
        restored = self._redacting.session.completion(answer, as_json=_in_json(request))
        self._note(request)
        return restored

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes, with its values; at most one token's length is held back."""
        deltas = self._model.stream(self._leaving(request), deadline)
        session = self._redacting.session
        restored: Any = session.incoming(deltas, as_json=_in_json(request))
        async with aclosing(restored):
            async for delta in restored:
                yield delta
        self._note(request)

    def _leaving(self, request: ChatRequest) -> ChatRequest:
        if request.origin is None:
            raise InternalError("A redacted request came without its decision.")
        origin = replace(request.origin, lowering=self._redacting.lowering())
        return replace(self._redacting.leaving(), model=request.model, origin=origin)

    def _note(self, request: ChatRequest) -> None:
        """A token nobody issued is an alarm: the model made one up, or somebody planted it."""
        count = len(self._redacting.session.unknown)
        if count:
            log.warning("tokens nobody issued", extra={"model": request.model, "count": count})


def _in_json(request: ChatRequest) -> bool:
    return request.json_schema is not None
