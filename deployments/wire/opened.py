"""Start a stream of events before its headers go out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from deployments.wire.errors import as_podium_error, log_internal
from deployments.wire.pings import PING, Pings
from models.errors import InternalError, PodiumError


async def opened(
    events: AsyncGenerator[bytes, None],
    request_id: str,
    pings: Pings,
    error_event: Callable[[PodiumError, str], bytes],
) -> AsyncGenerator[bytes, None]:
    """The events, started: an error before the first is still a proper error response.

    When the first takes long the stream opens anyway and is kept alive with comments; an error
    after that, or after any event, is the stream's last event.
    """
    first = asyncio.ensure_future(anext(events))
    try:
        done, _ = await asyncio.wait({first}, timeout=pings.first)
        if done:
            first.result()
    except BaseException:
        await _stop(first, events)
        raise
    return _rest(first, events, request_id, pings.every, error_event)


async def _rest(
    first: asyncio.Future[bytes],
    events: AsyncGenerator[bytes, None],
    request_id: str,
    every: float,
    error_event: Callable[[PodiumError, str], bytes],
) -> AsyncGenerator[bytes, None]:
    try:
        while not first.done():
            yield PING
            await asyncio.wait({first}, timeout=every)
        yield first.result()
        async for event in events:
            yield event
    except Exception as error:
        found = as_podium_error(error)
        if isinstance(found, InternalError):
            log_internal(request_id, error)
        yield error_event(found, request_id)
    finally:
        await _stop(first, events)


async def _stop(first: asyncio.Future[bytes], events: AsyncGenerator[bytes, None]) -> None:
    if not first.done():
        first.cancel()
        await asyncio.wait({first})
    await events.aclose()
