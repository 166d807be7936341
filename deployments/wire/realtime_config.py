"""The settings of a realtime transcription session, in OpenAI's present shape and its first one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.live import AudioFormat

_STRICT = ConfigDict(extra="forbid", frozen=True)
_FIRST_FORMATS = {
    "pcm16": AudioFormat.PCM16,
    "g711_ulaw": AudioFormat.ULAW,
    "g711_alaw": AudioFormat.ALAW,
}


class ServerVad(BaseModel):
    """When a turn begins and ends by itself; milliseconds."""

    model_config = _STRICT

    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, gt=0, lt=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=2000)
    silence_duration_ms: int = Field(default=500, ge=100, le=10_000)
    create_response: bool | None = None
    interrupt_response: bool | None = None
    idle_timeout_ms: None = None


class Transcription(BaseModel):
    """Which model hears the line, and hints for it."""

    model_config = _STRICT

    model: str | None = Field(default=None, max_length=256)
    language: str | None = Field(default=None, max_length=16)
    prompt: str | None = Field(default=None, max_length=4096, repr=False)


class Format(BaseModel):
    """How audio is coded."""

    model_config = _STRICT

    type: AudioFormat = AudioFormat.PCM16
    rate: int | None = None


class AudioInput(BaseModel):
    """Everything about the audio that comes in."""

    model_config = _STRICT

    format: Format = Format()
    transcription: Transcription = Transcription()
    turn_detection: ServerVad | None = ServerVad()
    noise_reduction: None = None


class Audio(BaseModel):
    """Only input: nothing is spoken back."""

    model_config = _STRICT

    input: AudioInput = AudioInput()


class SessionConfig(BaseModel):
    """A session's settings."""

    model_config = _STRICT

    type: Literal["transcription"] = "transcription"
    audio: Audio = Audio()
    include: tuple[()] | None = None

    @property
    def input(self) -> AudioInput:
        """The part that matters."""
        return self.audio.input

    def shown(self, session: str) -> dict[str, Any]:
        """The session as `session.created` and `session.updated` show it."""
        body = self.model_dump(mode="json")
        if self.input.format.type is AudioFormat.PCM16:
            body["audio"]["input"]["format"]["rate"] = AudioFormat.PCM16.rate
        else:
            del body["audio"]["input"]["format"]["rate"]
        turn = body["audio"]["input"]["turn_detection"]
        if turn is not None:
            body["audio"]["input"]["turn_detection"] = {
                name: value for name, value in turn.items() if value is not None
            }
        return {"id": session, "object": "realtime.transcription_session", **body}

    def shown_first(self, session: str) -> dict[str, Any]:
        """The same in the first shape, as `transcription_session.updated` shows it."""
        given = self.shown(session)["audio"]["input"]
        names = {value: name for name, value in _FIRST_FORMATS.items()}
        return {
            "id": session,
            "object": "realtime.transcription_session",
            "input_audio_format": names[self.input.format.type],
            "input_audio_transcription": given["transcription"],
            "turn_detection": given["turn_detection"],
        }


def merged(config: SessionConfig, changes: dict[str, Any]) -> dict[str, Any]:
    """The settings with changes laid upon them: what is not named stays."""
    return _merge(config.model_dump(mode="json"), changes)


def from_first(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes in the first shape, in the present one; a field that is not known stays as it is."""
    known = dict(changes)
    given: dict[str, Any] = {}
    if "input_audio_format" in known:
        name = known.pop("input_audio_format")
        given["format"] = {"type": _FIRST_FORMATS.get(name, name)}
    for old, new in (
        ("input_audio_transcription", "transcription"),
        ("turn_detection", "turn_detection"),
        ("input_audio_noise_reduction", "noise_reduction"),
    ):
        if old in known:
            given[new] = known.pop(old)
    return {**known, "audio": {"input": given}} if given else known


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    made = dict(base)
    for name, value in over.items():
        old = made.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        made[name] = _merge(old, value) if both else value  # type: ignore[arg-type]
    return made
