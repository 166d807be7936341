"""Scripted models: they implement the ports, say what a script says, and log what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from models.collect import collect
from models.deadline import Deadline
from models.errors import DeadlineExceeded, PodiumError
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    FinishReason,
    Segment,
    Transcript,
    TranscriptionRequest,
    Usage,
)


@dataclass(frozen=True, slots=True)
class Say:
    """An answer in pieces; a piece that is a delta goes out as it is.

    Before the first piece the model waits for `hold`, after each one for `gate`, if there are any;
    `error` is raised at the end, as a fault of the model's own when it is no PodiumError.
    """

    pieces: tuple[str | ChatDelta, ...]
    hold: asyncio.Event | None = None
    gate: asyncio.Event | None = None
    error: Exception | None = None
    finish_reason: FinishReason = "stop"


Script: TypeAlias = Callable[[ChatRequest], Say | str | PodiumError]


def say_in_turn(*answers: Say | str | PodiumError) -> Script:
    """A script that gives one answer after another, the last one for ever."""
    left = list(answers)

    def script(request: ChatRequest) -> Say | str | PodiumError:
        return left.pop(0) if len(left) > 1 else left[0]

    return script


@dataclass
class ScriptedChat:
    """A ChatModel; `calls` holds the requests, `cancelled` the ids of streams closed early.

    `running` counts streams that are open now.
    """

    script: Script
    calls: list[ChatRequest] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    running: int = 0
    started: asyncio.Event = field(default_factory=asyncio.Event)
    closed_early: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        return await collect(request.model, self.stream(request, deadline))

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        self.calls.append(request)
        self.deadlines.append(deadline)
        answer = self.script(request)
        if isinstance(answer, PodiumError):
            raise answer
        said = answer if isinstance(answer, Say) else Say(_words(answer))
        self.running += 1
        finished = False
        try:
            pieces = self._pieces(said, request)
            while (delta := await _within(deadline, anext(pieces, None))) is not None:
                yield delta
            finished = True
        finally:
            self.running -= 1
            if not finished:
                self.cancelled.append(request.model)
                self.closed_early.set()

    async def _pieces(self, said: Say, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        if said.hold is not None:
            self.started.set()
            await said.hold.wait()
        for piece in said.pieces:
            yield piece if isinstance(piece, ChatDelta) else ChatDelta(text=piece)
            self.started.set()
            if said.gate is not None:
                await said.gate.wait()
            await asyncio.sleep(0)
        if said.error is not None:
            raise said.error
        prompt = sum(len(message.content.split()) for message in request.messages)
        usage = Usage(prompt_tokens=prompt, completion_tokens=len(said.pieces))
        told = any(isinstance(piece, ChatDelta) and piece.finish_reason for piece in said.pieces)
        yield ChatDelta(finish_reason=None if told else said.finish_reason, usage=usage)


async def _within(deadline: Deadline, piece: Awaitable[ChatDelta | None]) -> ChatDelta | None:
    try:
        async with asyncio.timeout(deadline.remaining()):
            return await piece
    except TimeoutError as error:
        raise DeadlineExceeded("The script did not finish in time.") from error


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, each with the space before it."""
    first, *rest = text.split(" ")
    return (first, *(f" {word}" for word in rest))


@dataclass
class ScriptedTranscriber:
    """A Transcriber that hears the next of `texts`, the last one for ever; empty is silence."""

    texts: Sequence[str | PodiumError]
    calls: list[TranscriptionRequest] = field(default_factory=list)
    duration: float = 2.0

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        heard = self.texts[min(len(self.calls), len(self.texts) - 1)]
        self.calls.append(request)
        await asyncio.sleep(0)
        if isinstance(heard, PodiumError):
            raise heard
        segments = (Segment(0, 0.0, self.duration, heard),) if heard else ()
        return Transcript(heard, segments, request.language or "en", self.duration)

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncIterator[Segment | Transcript]:
        heard = await self.transcribe(request, deadline)
        for segment in heard.segments:
            yield segment
        yield heard
