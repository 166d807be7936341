"""How the stub fails: in place of a response, or in the middle of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from deployments.stub.dialect import Dialect
from deployments.stub.script import Row

# A comment of the event stream: no reader takes it for an answer, but every reader has to read it.
_PIECE = b": " + b"x" * 65_532 + b"\n\n"
# These need a stream to strike in, whether one was asked for or not.
NEED_A_STREAM = ("reset", "stall")


class Cut(ConnectionError):
    """Ends the connection without the end of the body."""


async def whole_fault(row: Row, request: Request) -> Response | None:
    """A fault that stands in for the whole response."""
    if row.fault == "slow_header":
        await _until_gone(request)
    if row.fault == "redirect":
        # Back to the stub itself: a client that followed would show in the capture.
        return Response(status_code=307, headers={"location": f"{request.base_url}v1/elsewhere"})
    if row.fault == "empty":
        return Response("<html>no API here</html>", media_type="text/html")
    return None


async def broken(row: Row, dialect: Dialect) -> AsyncIterator[bytes]:
    """What comes in place of the rest of a stream."""
    if row.fault == "reset":
        raise Cut("the script cuts the stream here")
    if row.fault == "stall":
        await asyncio.Event().wait()
    if row.fault == "wrong_json":
        yield b'data: {"choices": [\n\n'
    if row.fault == "wrong_type":
        yield dialect.wrong_type()
    if row.fault == "error_in_stream":
        yield dialect.failure_event(row.code)
    if row.fault == "oversized":
        while True:
            yield _PIECE
            # Lets the server notice that nobody reads any more.
            await asyncio.sleep(0)


def broken_whole(row: Row, wrong: bytes) -> Response | None:
    """What comes in place of an answer that is never streamed; `wrong` is one of a wrong type."""
    if row.fault == "wrong_json":
        return Response(b'{"data": [', media_type="application/json")
    if row.fault == "wrong_type":
        return Response(wrong, media_type="application/json")
    if row.fault == "reset":
        return StreamingResponse(_cut(), media_type="application/json")
    return None


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"data": ['
    raise Cut("the script cuts the answer here")


async def _until_gone(request: Request) -> None:
    """Say nothing until the client has left."""
    while not await request.is_disconnected():  # noqa: ASYNC110 - Starlette has no event for it
        await asyncio.sleep(0.02)
