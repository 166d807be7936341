"""The stub's ASGI application: three dialects of chat, images and transcription, as providers do.

`/v1/chat/completions`, `/v1/messages`, `/v1beta/models/MODEL:generateContent` and its streamed
form, `/v1/images/generations`, `/v1/audio/transcriptions`, `/v1/models`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from deployments.stub.anthropic_chat import AnthropicChat
from deployments.stub.capture import Capture
from deployments.stub.dialect import MALFORMED, Dialect
from deployments.stub.faults import NEED_A_STREAM, broken, broken_whole, whole_fault
from deployments.stub.gemini_chat import GeminiChat
from deployments.stub.media import NO_PICTURE, images_body, transcript_body
from deployments.stub.openai_chat import OpenAiChat
from deployments.stub.said import Said
from deployments.stub.script import Row, Script

_CHATS: tuple[tuple[str, Dialect], ...] = (
    ("/v1/chat/completions", OpenAiChat()),
    ("/v1/messages", AnthropicChat()),
    ("/v1/models/{address}", GeminiChat()),
    ("/v1beta/models/{address}", GeminiChat()),
)
_OPENAI = OpenAiChat()
_EVERY = ["GET", "POST", "PUT", "DELETE"]
Handler = Callable[[Request], Awaitable[Response]]


def _unheard() -> None:
    """Nobody is told."""


class Stub:
    """One stub: what it was told, what it received, and how many answers are open now.

    `fell_silent` is called whenever its script lets an answer hang.
    """

    def __init__(
        self,
        script: Script,
        capture: Capture,
        pace: float | None = None,
        fell_silent: Callable[[], None] = _unheard,
    ) -> None:
        self.fell_silent = fell_silent
        self.capture = capture
        self.script = script
        self.open = 0
        self._pace = pace

    def application(self) -> Starlette:
        """The ASGI application."""
        chats = [Route(path, self._chat(one), methods=["POST"]) for path, one in _CHATS]
        return Starlette(
            routes=[
                *chats,
                Route("/v1/images/generations", self._images, methods=["POST"]),
                Route("/v1/audio/transcriptions", self._transcription, methods=["POST"]),
                Route("/v1/models", self._models, methods=["GET"]),
                Route("/{rest:path}", self._unknown, methods=_EVERY),
            ]
        )

    async def _received(self, request: Request) -> bytes:
        body = await request.body()
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.capture.keep(request.method, target, request.headers.raw, body)
        return body

    async def _models(self, request: Request) -> Response:
        await self._received(request)
        row = {"id": "stub", "object": "model", "created": 0, "owned_by": "podium"}
        return JSONResponse({"object": "list", "data": [row]})

    async def _unknown(self, request: Request) -> Response:
        await self._received(request)
        return _error(_OPENAI, Row(status=404))

    def _chat(self, dialect: Dialect) -> Handler:
        async def answer(request: Request) -> Response:
            body = await self._received(request)
            try:
                asked = dialect.asked(json.loads(body), request.path_params.get("address", ""))
            except MALFORMED:
                return _error(dialect, Row(status=400))
            row = self.script.row(asked.prompt)
            early = await self._early(row, request, dialect)
            if early is not None:
                return early
            said = Said(asked, row)
            if asked.stream or row.fault in NEED_A_STREAM:
                events = self._events(said, dialect)
                return StreamingResponse(
                    events, media_type="text/event-stream", headers=row.headers
                )
            await self._wait(row, len(said.words))
            return JSONResponse(dialect.whole(said), headers=row.headers)

        return answer

    async def _images(self, request: Request) -> Response:
        body = await self._received(request)
        try:
            fields: Any = json.loads(body)
            row = self.script.row(str(fields["prompt"]))
            early = await self._early(row, request, _OPENAI) or broken_whole(row, NO_PICTURE)
            return early or JSONResponse(images_body(fields, row))
        except MALFORMED:
            return _error(_OPENAI, Row(status=400))

    async def _transcription(self, request: Request) -> Response:
        await self._received(request)
        row = self.script.row("")
        return await self._early(row, request, _OPENAI) or JSONResponse(transcript_body(row))

    async def _early(self, row: Row, request: Request, dialect: Dialect) -> Response | None:
        if row.delay:
            await asyncio.sleep(row.delay)
        if row.status is not None:
            return _error(dialect, row)
        if row.fault == "slow_header":
            self.fell_silent()
        return await whole_fault(row, request)

    async def _events(self, said: Said, dialect: Dialect) -> AsyncIterator[bytes]:
        row = said.row
        self.open += 1
        try:
            for number, event in enumerate(dialect.events(said)):
                if row.fault and number > row.after:
                    if row.fault == "stall":
                        self.fell_silent()
                    async for piece in broken(row, dialect):
                        yield piece
                    return
                yield event
                await self._wait(row, 1)
            yield dialect.end()
        finally:
            self.open -= 1

    async def _wait(self, row: Row, words: int) -> None:
        pace = row.pace or self._pace
        await asyncio.sleep(words / pace if pace else 0)


def _error(dialect: Dialect, row: Row) -> Response:
    status = row.status or 500
    headers = {} if row.retry_after is None else {"retry-after": f"{row.retry_after:g}"}
    return JSONResponse(dialect.failure(status, row.code), status_code=status, headers=headers)
