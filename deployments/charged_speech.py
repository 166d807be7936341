"""A transcriber whose every call is counted among the costs of one key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from deployments.accounting import DIRECT, Accounting, Charge, Purpose
from models.catalog import ModelCard
from models.deadline import Deadline
from models.messages import Segment, Transcript, TranscriptionRequest, Usage
from models.ports import Transcriber
from router.budget import Amount
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


def worked(transcript: Transcript) -> Usage:
    """What a transcript used: no tokens, only the engine's seconds."""
    return Usage(engine_seconds=transcript.engine_seconds)
