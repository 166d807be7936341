"""The Speech deployment: one local Whisper model a replica."""

from __future__ import annotations

from ray import serve

from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.local.whisper import WhisperEngine, WhisperStats
from models.local.whisper_settings import WhisperSettings
from models.messages import Transcript, TranscriptionRequest
from models.weights import check_digest, weights_folder


@serve.deployment
class Speech:
    """Writes speech down."""

    def __init__(self, card: ModelCard) -> None:
        enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        self._engine = WhisperEngine(card.id, folder, WhisperSettings(**card.engine))

    async def transcribe(self, request: TranscriptionRequest, seconds: float) -> Transcript:
        """The transcript, within `seconds`."""
        return await self._engine.transcribe(request, Deadline.after(seconds))

    async def stats(self) -> WhisperStats:
        """Transcriptions running and waiting."""
        return self._engine.stats()

    async def describe(self) -> dict[str, object]:
        """The digest of the weights."""
        return {"window": None, "digest": self._digest}
