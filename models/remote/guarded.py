"""One call under the traffic's eye: let pass or held back, watched, and ended whatever happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeGuard, TypeVar

from models.errors import ModelUnavailable
from models.messages import ChatDelta
from models.remote.answer_watch import watching
from models.remote.provider_errors import Answered
from models.remote.traffic import Traffic

Answer = TypeVar("Answer")


class Refused(ModelUnavailable):
    """The provider answered that it failed: it gave nothing, so nothing is to be paid."""


async def guarded(
    traffic: Traffic, model: str, tokens: int, deltas: AsyncIterator[ChatDelta]
) -> AsyncGenerator[ChatDelta, None]:
    """The deltas, which must not have begun; raises HeldBack before they do."""
    passing = traffic.begin(model, tokens)
    ending: BaseException | None = None
    begun = False
    stream: Any = deltas
    try:
        async with aclosing(stream):
            while True:
                with watching(lambda status, told: traffic.answered(passing, status, told)):
                    delta = await anext(stream, None)
                if delta is None:
                    return
                begun = True
                yield delta
    except BaseException as error:
        ending = error
        if not begun and _gave_nothing(error):
            raise Refused(error.message, retry_after=error.retry_after) from error.__cause__
        raise
    finally:
        traffic.ended(passing, ending)


async def guarded_once(
    traffic: Traffic, model: str, tokens: int, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """The answer of `work`, which is not begun when the model is held back: raises HeldBack."""
    passing = traffic.begin(model, tokens)
    ending: BaseException | None = None
    try:
        with watching(lambda status, told: traffic.answered(passing, status, told)):
            return await work()
    except BaseException as error:
        ending = error
        if _gave_nothing(error):
            raise Refused(error.message, retry_after=error.retry_after) from error.__cause__
        raise
    finally:
        traffic.ended(passing, ending)


def _gave_nothing(error: BaseException) -> TypeGuard[ModelUnavailable]:
    cause = error.__cause__
    failed = isinstance(cause, Answered) and cause.status >= 500
    return isinstance(error, ModelUnavailable) and failed


def size_of(payload: bytes) -> int:
    """The tokens that a body has, roughly, for limits on tokens: four bytes each."""
    return len(payload) // 4 + 1
