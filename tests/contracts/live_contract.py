"""What every LiveTranscriber must do; run each of CHECKS over each implementation."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded
from models.live import AudioFormat, EarState, Listened, Piece, SpokenClip
from models.ports import LiveTranscriber


@dataclass(frozen=True)
class LiveSubject:
    """The transcriber, its model, and somebody speaking English for some seconds.

    `speech` is 24 kHz PCM; `clip` one sentence of it at 16 kHz.
    """

    live: LiveTranscriber
    model: str
    speech: bytes
    clip: bytes


LiveCheck = Callable[[LiveSubject], Awaitable[None]]


async def listened(subject: LiveSubject, audio: bytes, cuts: tuple[int, ...]) -> Listened:
    """The audio, given in pieces of these sizes in turn, as one answer."""
    state, samples, speech, at, turn = EarState(), b"", (), 0, 0
    while at < len(audio):
        size = cuts[turn % len(cuts)]
        piece = Piece(subject.model, audio[at : at + size], AudioFormat.PCM16, state)
        found = await subject.live.listen(piece, Deadline.after(30))
        state, samples, speech = found.state, samples + found.samples, speech + found.speech
        at, turn = at + size, turn + 1
    return Listened(samples, speech, state)


async def speech_is_told_from_silence_and_noise(subject: LiveSubject) -> None:
    heard = await listened(subject, subject.speech, (4800,))
    assert sum(one > 0.5 for one in heard.speech) > len(heard.speech) / 3
    noise = np.random.default_rng(1).standard_normal(3 * 24_000)
    for quiet in (np.zeros(3 * 24_000), 0.001 * noise, 0.1 * noise):
        audio = (np.clip(quiet, -1, 1) * 32767).astype("<i2").tobytes()
        found = await listened(subject, audio, (4800,))
        assert max(found.speech) < 0.5


async def pieces_of_any_size_are_heard_alike(subject: LiveSubject) -> None:
    audio = subject.speech[:96_000]
    whole = await listened(subject, audio, (len(audio),))
    pieces = await listened(subject, audio, (4800, 1, 777, 9001))
    assert pieces.samples == whole.samples
    assert pieces.speech == pytest.approx(whole.speech, abs=1e-4)
    assert len(whole.samples) == 1024 * len(whole.speech)


async def a_clip_is_written_down_again_and_again_alike(subject: LiveSubject) -> None:
    for final in (True, False):
        clip = SpokenClip(subject.model, subject.clip, final)
        once = await subject.live.hear(clip, Deadline.after(30))
        assert once.text
        assert once == await subject.live.hear(clip, Deadline.after(30))


async def lines_heard_at_once_get_their_own(subject: LiveSubject) -> None:
    half = subject.clip[: len(subject.clip) // 4 * 2]
    clips = [SpokenClip(subject.model, audio, True) for audio in (subject.clip, half) * 3]
    alone = [await subject.live.hear(clip, Deadline.after(30)) for clip in clips[:2]]
    assert alone[0].text != alone[1].text
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(subject.live.hear(clip, Deadline.after(60))) for clip in clips]
    first = {task.result().text.split()[0] for task in tasks[::2]}
    assert first == {alone[0].text.split()[0]}


async def a_passed_deadline_is_said(subject: LiveSubject) -> None:
    with pytest.raises(DeadlineExceeded):
        await subject.live.hear(SpokenClip(subject.model, subject.clip, True), Deadline.after(0))


async def cancelling_one_harms_no_other(subject: LiveSubject) -> None:
    clip = SpokenClip(subject.model, subject.clip, True)
    gone = asyncio.create_task(subject.live.hear(clip, Deadline.after(30)))
    other = asyncio.create_task(subject.live.hear(clip, Deadline.after(30)))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await other).text


async def states_cross_processes(subject: LiveSubject) -> None:
    found = await listened(subject, subject.speech[:9600], (4800,))
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own
    assert len(pickle.dumps(found.state)) < 8192


LIVE_CHECKS: tuple[LiveCheck, ...] = (
    speech_is_told_from_silence_and_noise,
    pieces_of_any_size_are_heard_alike,
    a_clip_is_written_down_again_and_again_alike,
    lines_heard_at_once_get_their_own,
    a_passed_deadline_is_said,
    cancelling_one_harms_no_other,
    states_cross_processes,
)
