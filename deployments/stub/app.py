"""The stub's ASGI application: `/v1/chat/completions` and `/v1/models`, as a provider has them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from deployments.stub.answer import Answer, prompt_of
from deployments.stub.capture import Capture
from deployments.stub.script import Row, Script

# A comment of the event stream: no reader takes it for an answer, but every reader has to read it.
_PIECE = b": " + b"x" * 65_532 + b"\n\n"
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


class Stub:
    """One stub: what it was told, what it received, and how many answers are open now."""

    def __init__(self, script: Script, capture: Capture, pace: float | None = None) -> None:
        self.capture = capture
        self.script = script
        self.open = 0
        self._pace = pace

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._models, methods=["GET"]),
                Route("/{rest:path}", self._unknown, methods=["GET", "POST", "PUT", "DELETE"]),
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
        return _error(404, None, None)

    async def _chat(self, request: Request) -> Response:
        body = _object(await self._received(request))
        if body is None:
            return _error(400, None, None)
        row = self.script.row(prompt_of(body))
        if row.status is not None:
            return _error(row.status, row.code, row.retry_after)
        early = _whole_fault(row, request)
        if early is not None:
            return early
        answer = Answer(body, row)
        if body.get("stream") or row.fault in ("reset", "stall"):
            return StreamingResponse(self._events(answer, row), media_type="text/event-stream")
        await self._wait(row, len(answer.words))
        return JSONResponse(answer.whole())

    async def _events(self, answer: Answer, row: Row) -> AsyncIterator[bytes]:
        self.open += 1
        try:
            for number, chunk in enumerate(answer.chunks()):
                if row.fault and number > row.after:
                    async for broken in _break(row):
                        yield broken
                    return
                yield _event(chunk)
                await self._wait(row, 1)
            yield b"data: [DONE]\n\n"
        finally:
            self.open -= 1

    async def _wait(self, row: Row, words: int) -> None:
        pace = row.pace or self._pace
        await asyncio.sleep(words / pace if pace else 0)


class _Cut(ConnectionError):
    """Ends the connection without the end of the body."""


async def _break(row: Row) -> AsyncIterator[bytes]:
    if row.fault == "reset":
        raise _Cut("the script cuts the stream here")
    if row.fault == "stall":
        await asyncio.Event().wait()
    if row.fault == "wrong_json":
        yield b'data: {"choices": [\n\n'
    if row.fault == "error_in_stream":
        yield _event({"error": {"message": "failed", "type": "server_error", "code": row.code}})
    if row.fault == "oversized":
        while True:
            yield _PIECE
            # Lets the server notice that nobody reads any more.
            await asyncio.sleep(0)


def _whole_fault(row: Row, request: Request) -> Response | None:
    """Faults that stand in for the whole response."""
    if row.fault == "redirect":
        # Back to the stub itself: a client that followed would show in the capture.
        return Response(status_code=307, headers={"location": f"{request.base_url}v1/elsewhere"})
    if row.fault == "empty":
        return Response("<html>no API here</html>", media_type="text/html")
    return None


def _error(status: int, code: str | None, retry_after: float | None) -> Response:
    word = code or _CODES.get(status)
    message = f"The stub was told to answer {status}."
    error = {"message": message, "type": word, "param": None, "code": word}
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
