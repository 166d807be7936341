"""One request to a provider and its answer: deadline, counting, errors; the same for every SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import DeadlineExceeded, PodiumError
from models.messages import ChatDelta, Usage
from models.remote.provider_errors import (
    Answered,
    EndedBadly,
    Refusal,
    provider_error,
    unavailable,
)
from models.remote.returned_model import is_same_model
from models.remote.wire_settings import WireSettings

AGAIN = "Try again shortly."
_OK = 200
# What reading a value of the wrong kind raises.
_NO_ANSWER = (AttributeError, TypeError, ValueError, LookupError)


# Is told the model that the provider says it ran, whether that is the one asked for or not.
Ran = Callable[[str], None]


class Reader(Protocol):
    """Turns the pieces of one answer into deltas.

    `model` is what the provider says it ran; `usage` is held back, for it stands on the last delta.
    """

    model: str | None
    usage: Usage | None

    def deltas(self, piece: Any) -> Iterable[ChatDelta]:
        """The deltas of one piece; raises EndedBadly, or a TypeError and its kin for nonsense."""

    @property
    def whole(self) -> bool:
        """Whether the answer came to an end of its own."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What one SDK does: it opens a stream of pieces, which can be closed, and has its own errors.

    `meaning` gives the error of our tree for one of `raises`.
    """

    open: Callable[[bytes, httpx2.Timeout], Awaitable[Any]]
    reader: Callable[[], Reader]
    raises: tuple[type[Exception], ...]
    meaning: Callable[[Exception], PodiumError]


class Exchange:
    """Sends bodies over one wire. `running` counts the answers that are open now."""

    def __init__(self, card: ModelCard, settings: WireSettings, wire: Wire) -> None:
        self.running = 0
        self._card = card
        self._settings = settings
        self._wire = wire
        self._failures: tuple[type[Exception], ...] = (
            *wire.raises, httpx2.HTTPError, *_NO_ANSWER,
        )  # fmt: skip

    async def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        """Put exactly `body` on the wire and give the answer; raises PodiumError only."""
        reader = self._wire.reader()
        self.running += 1
        stream = None
        try:
            opening = self._wire.open(body, self._timeout(deadline))
            stream = await self._within(deadline, opening)
            while (piece := await self._within(deadline, anext(stream, None))) is not None:
                for delta in self._deltas(reader, piece, ran):
                    yield delta
            if not reader.whole:
                raise unavailable(self._card, "broke off its answer", AGAIN) from Answered(_OK)
            yield ChatDelta(usage=reader.usage)
        finally:
            self.running -= 1
            if stream is not None:
                await stream.close()

    async def once(self, body: bytes, deadline: Deadline) -> Any:
        """Put exactly `body` on the wire and give the one answer, as the SDK's own type."""
        return await self.asked(lambda limits: self._wire.open(body, limits), deadline)

    async def asked(
        self, work: Callable[[httpx2.Timeout], Awaitable[Any]], deadline: Deadline
    ) -> Any:
        """What `work` gives by the deadline; raises PodiumError only."""
        self.running += 1
        try:
            return await self._within(deadline, work(self._timeout(deadline)))
        finally:
            self.running -= 1

    def _deltas(self, reader: Reader, piece: Any, ran: Ran | None) -> list[ChatDelta]:
        before = reader.model
        try:
            deltas = list(reader.deltas(piece))
        except EndedBadly as error:
            raise provider_error(self._card, Refusal(code=error.code)) from Answered(_OK)
        except _NO_ANSWER:
            raise no_answer(self._card) from Answered(_OK)
        if reader.model is not None and reader.model != before:
            if ran is not None:
                ran(reader.model)
            self.check_model(reader.model)
        return deltas

    def check_model(self, returned: str) -> None:
        """The label, the price and the record are for the model asked for, and for no other."""
        asked = self._card.vendor_model or self._card.id
        if not is_same_model(asked, returned, self._settings.also_returns):
            raise unavailable(
                self._card,
                "answered with another model than the one asked for",
                "Mend vendor_model of its row, or allow the other one as also_returns.",
            ) from Answered(_OK)

    def _timeout(self, deadline: Deadline) -> httpx2.Timeout:
        left = max(0.001, deadline.remaining())
        settings = self._settings
        return httpx2.Timeout(min(left, settings.silence_s), connect=min(left, settings.connect_s))

    async def _within(self, deadline: Deadline, work: Awaitable[Any]) -> Any:
        """The result by the deadline; every failure as an error of our tree."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await work
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"'{self._card.id}' was not done in time; ask for less, or allow more time."
            ) from error
        except PodiumError:
            raise
        except self._failures as error:
            raise self._wire.meaning(error) from _status(error)


def no_answer(card: ModelCard) -> PodiumError:
    """The error of an answer that is none in its row's dialect."""
    what = f"answered with what is no {'picture' if card.kind == 'image' else 'chat completion'}"
    return unavailable(card, what, "Mend base_url of its row.")


def _status(error: Exception) -> Answered | None:
    for name in ("status_code", "code"):
        found = getattr(error, name, None)
        if isinstance(found, int):
            return Answered(found)
    return None
