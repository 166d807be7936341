"""Speech written down, counted among the costs of one key: whole files, and live lines."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from deployments.accounting import DIRECT, UNKNOWN_USE, Accounting, Charge, Purpose
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import PodiumError
from models.live import HeardClip, Listened, Piece, SpokenClip
from models.messages import Segment, Transcript, TranscriptionRequest, Usage
from models.ports import LiveTranscriber, Transcriber
from router.budget import NOTHING, Amount
from router.budget_estimate import amount_used
from router.keys import Principal


class ChargedTranscriber:
    """The Transcriber `port`, charged to a key by the seconds that its engine worked."""

    def __init__(
        self,
        port: Transcriber,
        card: ModelCard,
        who: Principal,
        accounting: Accounting,
        purpose: Purpose = DIRECT,
    ) -> None:
        self._port = port
        self._card = card
        self._who = who
        self._accounting = accounting
        self._purpose = purpose

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        """The transcript; raises BudgetExceeded before the model is asked."""
        async with self._charge(deadline) as charge:
            transcript = await self._port.transcribe(request, deadline)
            charge.used(worked(transcript))
        return transcript

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncGenerator[Segment | Transcript, None]:
        """Segments as they are written, then the transcript; one that is left costs the most."""
        pieces: Any = self._port.stream(request, deadline)
        async with self._charge(deadline) as charge, aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Transcript):
                    charge.used(worked(piece))
                yield piece

    def _charge(self, deadline: Deadline) -> Charge:
        most = Amount(0, self._card.tariff.most(0, 0, deadline.remaining()))
        return Charge(self._accounting, self._who, self._card, most, self._purpose)


class ChargedEar:
    """The LiveTranscriber `port`, charged to a key by the seconds that its engine worked.

    Every clip takes from the budgets; `turn` makes one row of all that were heard since the last.
    """

    def __init__(
        self, port: LiveTranscriber, card: ModelCard, who: Principal, accounting: Accounting
    ) -> None:
        self._port = port
        self._card = card
        self._who = who
        self._accounting = accounting
        self._seconds = 0.0

    async def listen(self, piece: Piece, deadline: Deadline) -> Listened:
        """The next piece of a line; where somebody speaks is found without the engine."""
        return await self._port.listen(piece, deadline)

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        """What is said in a clip; raises BudgetExceeded before the model is asked."""
        most = Amount(0, self._card.tariff.most(0, 0, deadline.remaining()))
        held = await self._accounting.reserve(self._who, most, DIRECT)
        began, used = time.monotonic(), None
        try:
            heard = await self._port.hear(clip, deadline)
            self._seconds += heard.engine_seconds
            used = self._amount(heard.engine_seconds)
        except PodiumError as error:
            used = None if isinstance(error, UNKNOWN_USE) else NOTHING
            raise
        finally:
            if held is not None:
                # A guess that nobody waits for any more took no longer than it was waited for.
                waited = self._amount(time.monotonic() - began)
                self._accounting.desk.settle(held, waited.at_most(most) if used is None else used)
        return heard

    def turn(self) -> None:
        """A turn has ended, or the line: what was heard of it is one call among the costs."""
        seconds, self._seconds = self._seconds, 0.0
        if seconds:
            usage = Usage(engine_seconds=seconds)
            self._accounting.record(self._who, self._card, self._amount(seconds), usage)

    def _amount(self, seconds: float) -> Amount:
        return amount_used(self._card, Usage(engine_seconds=seconds))


def worked(transcript: Transcript) -> Usage:
    """What a transcript used: no tokens, only the engine's seconds."""
    return Usage(engine_seconds=transcript.engine_seconds)
