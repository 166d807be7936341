"""The step `transcribe`: speech written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from models.errors import InvalidAudio, InvalidRequest
from models.messages import Transcript, TranscriptionRequest
from router.decide import Card, RouteDecision
from router.dispatch import dispatch
from router.plan import Step
from router.steps.kind import Library, Produced, StepCall, check_arguments, refuse_fields


class Transcribe:
    """Writes down `audio`, the bytes of a file; `language` is a code such as `en`."""

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        check_arguments(step, frozenset({"audio"}), frozenset({"language"}))
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"text", "language", "duration", "segments"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return "audio" if arguments["audio"] is None else None

    async def run(self, call: StepCall) -> Produced:
        audio = call.arguments["audio"]
        if not isinstance(audio, bytes):
            raise InvalidRequest("The audio must be the bytes of a file.", param="audio")

        async def ask(card: Card, _: RouteDecision) -> Transcript:
            request = TranscriptionRequest(
                model=card.id,
                audio=audio,
                language=call.arguments.get("language"),
                request_id=call.request.request_id,
                longest=call.request.longest_audio,
                param="audio",
            )
            model = call.around.capabilities.transcriber(card.id)
            return await call.recorded(
                f"transcript/{card.id}", lambda: model.transcribe(request, call.deadline)
            )

        done = await dispatch(call, "speech", ask)
        heard = done.answer
        return Produced(
            value=_plain(heard),
            own=await call.detected(heard.text, "voice_in", spoken=True),
            status="succeeded" if heard.text.strip() else "empty",
            summary=f"{heard.duration:.1f} s of audio",
            card=done.card,
            shortfall=InvalidAudio(
                "No speech was heard in the audio; send a recording of someone speaking.",
                param="audio",
            ),
        )


def _plain(heard: Transcript) -> dict[str, Any]:
    return {
        "text": heard.text.strip(),
        "language": heard.language,
        "duration": heard.duration,
        "segments": [asdict(segment) for segment in heard.segments],
    }
