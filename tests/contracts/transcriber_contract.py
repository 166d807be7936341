"""What every Transcriber must do; run each of CHECKS over each implementation.

A maker of checks gives the transcriber and a recording in which somebody speaks English.
"""

from __future__ import annotations

import asyncio
import io
import pickle
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import pytest

from models.audio import RATE, decode
from models.deadline import Deadline
from models.errors import BodyTooLarge, DeadlineExceeded, InvalidAudio, UnsupportedParameter
from models.messages import Transcript, TranscriptionRequest
from models.ports import Transcriber


@dataclass(frozen=True)
class Subject:
    """The transcriber under test, its model's name and the bytes of a recording with speech."""

    transcriber: Transcriber
    model: str
    speech: bytes


Check = Callable[[Subject], Awaitable[None]]


def wav(samples: np.ndarray) -> bytes:
    """Mono 16-bit PCM in a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return made.getvalue()


async def hear(subject: Subject, audio: bytes, **fields: object) -> Transcript:
    """The transcript, with a generous deadline."""
    request = TranscriptionRequest(subject.model, audio, **fields)
    return await subject.transcriber.transcribe(request, Deadline.after(60))


async def speech_becomes_text(subject: Subject) -> None:
    heard = await hear(subject, subject.speech)
    assert heard.text == " ".join(segment.text for segment in heard.segments) != ""
    assert heard.duration == pytest.approx(len(decode(subject.speech)) / RATE)
    assert heard.language == "en"


async def segments_are_in_order(subject: Subject) -> None:
    heard = await hear(subject, subject.speech)
    assert [segment.id for segment in heard.segments] == list(range(len(heard.segments)))
    starts = [segment.start for segment in heard.segments]
    assert starts == sorted(starts)
    for segment in heard.segments:
        assert 0.0 <= segment.start <= segment.end <= heard.duration
        assert segment.avg_logprob <= 0.0
        assert 0.0 <= segment.no_speech_prob <= 1.0


async def words_come_when_asked_for(subject: Subject) -> None:
    plain = await hear(subject, subject.speech)
    timed = await hear(subject, subject.speech, words=True)
    assert plain.text == timed.text
    assert all(not segment.words for segment in plain.segments)
    words = [word for segment in timed.segments for word in segment.words]
    assert [word.text for word in words] == timed.text.split()
    for word in words:
        assert {type(word.start), type(word.end), type(word.probability)} == {float}
        assert 0.0 <= word.start <= word.end <= timed.duration
        assert 0.0 <= word.probability <= 1.0


async def silence_and_noise_are_no_words(subject: Subject) -> None:
    noise = np.random.default_rng(1).standard_normal(5 * RATE)
    assert (await hear(subject, subject.speech)).text
    for quiet in (np.zeros(5 * RATE), 0.001 * noise, 0.1 * noise):
        heard = await hear(subject, wav(quiet))
        assert (heard.text, heard.segments, heard.duration) == ("", (), 5.0)


async def no_audio_is_a_typed_error(subject: Subject) -> None:
    for audio in (b"", b"no audio at all", b"RIFF\0\0\0\0WAVEjunk"):
        with pytest.raises(InvalidAudio) as caught:
            await hear(subject, audio)
        assert caught.value.code == "invalid_audio"


async def audio_too_long_is_refused(subject: Subject) -> None:
    seconds = len(decode(subject.speech)) / RATE
    assert (await hear(subject, subject.speech, longest=seconds + 0.1)).text
    with pytest.raises(BodyTooLarge) as caught:
        await hear(subject, subject.speech, longest=seconds / 2, param="here")
    assert caught.value.param == "here"


async def unknown_language_is_refused(subject: Subject) -> None:
    assert (await hear(subject, subject.speech, language="en")).text
    with pytest.raises(UnsupportedParameter) as caught:
        await hear(subject, subject.speech, language="xx")
    assert caught.value.param == "language"


async def passed_deadline_is_said(subject: Subject) -> None:
    request = TranscriptionRequest(subject.model, subject.speech)
    with pytest.raises(DeadlineExceeded):
        await subject.transcriber.transcribe(request, Deadline.after(0))


async def concurrent_calls_get_their_own(subject: Subject) -> None:
    alone = await hear(subject, subject.speech)
    silence = wav(np.zeros(RATE))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(hear(subject, subject.speech)) for _ in range(3)]
        quiet = group.create_task(hear(subject, silence))
    assert [task.result().text for task in tasks] == [alone.text] * 3
    assert quiet.result().text == ""


async def cancelling_harms_no_other(subject: Subject) -> None:
    cancelled = asyncio.create_task(hear(subject, subject.speech))
    other = asyncio.create_task(hear(subject, subject.speech))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert (await other).text


async def a_stream_is_the_same_piece_by_piece(subject: Subject) -> None:
    whole = await hear(subject, subject.speech)
    request = TranscriptionRequest(subject.model, subject.speech)
    pieces = [piece async for piece in subject.transcriber.stream(request, Deadline.after(60))]
    assert tuple(pieces[:-1]) == whole.segments
    assert pieces[-1] == whole


async def a_stream_that_fails_says_why(subject: Subject) -> None:
    request = TranscriptionRequest(subject.model, b"no audio")
    with pytest.raises(InvalidAudio):
        async for _ in subject.transcriber.stream(request, Deadline.after(60)):
            pass


async def results_cross_processes(subject: Subject) -> None:
    heard = await hear(subject, subject.speech, words=True)
    assert pickle.loads(pickle.dumps(heard)) == heard  # noqa: S301 - our own


CHECKS: tuple[Check, ...] = (
    speech_becomes_text,
    segments_are_in_order,
    words_come_when_asked_for,
    silence_and_noise_are_no_words,
    no_audio_is_a_typed_error,
    audio_too_long_is_refused,
    unknown_language_is_refused,
    passed_deadline_is_said,
    concurrent_calls_get_their_own,
    cancelling_harms_no_other,
    a_stream_is_the_same_piece_by_piece,
    a_stream_that_fails_says_why,
    results_cross_processes,
)
