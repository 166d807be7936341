"""Transcripts as they are written, and translations, through the official client."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai.types.audio import TranscriptionStreamEvent
from pydantic import TypeAdapter

from models.errors import InternalError, UnsupportedParameter
from tests.wire.hearing import tone
from tests.wire.server import Server

# The vendor calls its own translations old; clients that use them are not.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
AUDIO = ("a.wav", tone())
EVENTS: TypeAdapter[Any] = TypeAdapter(TranscriptionStreamEvent)


def test_a_transcript_comes_segment_by_segment(server: Server, client: openai.OpenAI) -> None:
    def hold(stage: Any) -> None:
        stage.hearing.gate = asyncio.Event()

    server.on_loop(hold)
    stream = client.audio.transcriptions.create(model="whisper", file=AUDIO, stream=True)
    first = next(stream)
    # The rest is not written yet.
    assert first.type == "transcript.text.delta"
    assert first.delta == "My order number is four two one seven."
    server.on_loop(lambda stage: stage.hearing.gate.set())
    events = [first, *stream]
    for event in events:
        EVENTS.validate_python(event.model_dump())
    assert [event.type for event in events[1:]] == [
        "transcript.text.delta",
        "transcript.text.done",
    ]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text
    assert events[-1].route["label"]["level"] == "CONFIDENTIAL"


def test_a_fault_after_the_first_words_ends_the_stream(
    server: Server, client: openai.OpenAI
) -> None:
    def broken(stage: Any) -> None:
        stage.remotes["whisper"].fault = InternalError("It broke.")
        stage.remotes["whisper"].fault_after = 1

    server.on_loop(broken)
    stream = client.audio.transcriptions.create(model="whisper", file=AUDIO, stream=True)
    assert next(stream).type == "transcript.text.delta"
    with pytest.raises(openai.APIError, match="It broke"):
        list(stream)


def test_a_fault_before_them_is_a_response_of_its_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="whisper", file=("a", b"no"), stream=True)
    assert caught.value.code == "invalid_audio"


def test_a_translation_is_asked_for_as_one(server: Server, client: openai.OpenAI) -> None:
    found = client.audio.translations.create(model="whisper", file=AUDIO)
    assert found.text.startswith("My order")
    assert server.on_loop(lambda stage: stage.hearing.calls[-1].translate)
    verbose = client.audio.translations.create(
        model="whisper", file=AUDIO, response_format="verbose_json"
    )
    assert verbose.task == "translate"


def test_a_model_that_cannot_translate_says_so(server: Server, client: openai.OpenAI) -> None:
    def english_only(stage: Any) -> None:
        stage.hearing.fault = UnsupportedParameter("It can't translate.", param="model")

    server.on_loop(english_only)
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.translations.create(model="whisper", file=AUDIO)
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "model")
