"""One live line in this process: the router's line, fed by a client and heard by the model.

The line's state lives here and the model's replicas keep nothing, so every call may go to any of
them and one that dies takes no line with it. All work on samples is done over there: this process
passes bytes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar

from models.deadline import Deadline
from models.errors import BodyTooLarge, ModelUnavailable, Overloaded, PodiumError
from models.live import AudioFormat, EarState, Piece, SpokenClip
from models.ports import LiveTranscriber
from router.live.events import LineEvent
from router.live.line import Ask, Line

# A piece is heard in milliseconds: who waits longer waits for a replica that starts again.
PATIENCE_S = 30.0
_AGAIN_S = 0.2
_MOST_AT_ONCE_S = 1.0

Tell: TypeAlias = Callable[[LineEvent], Awaitable[None]]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Voice:
    """How a line speaks; `longest` and `ahead` are seconds of audio in all, and not yet heard."""

    model: str
    format: AudioFormat = AudioFormat.PCM16
    language: str | None = None
    prompt: str | None = field(default=None, repr=False)
    longest: float = 3600.0
    ahead: float = 60.0

    def seconds(self, audio: int) -> float:
        """How long so many bytes last."""
        return audio / (self.format.rate * self.format.sample_bytes)


class LiveSession:
    """Give it audio with `push`, and `run` tells what is said; cancelling `run` stops all of it."""

    def __init__(self, line: Line, model: LiveTranscriber, voice: Voice) -> None:
        self._line = line
        self._model = model
        self._voice = voice
        self._pending: deque[bytes | Callable[[], list[LineEvent]]] = deque()
        self._waiting = self._taken = 0
        self._arrived, self._changed = asyncio.Event(), asyncio.Event()
        self._events: asyncio.Queue[LineEvent | None] = asyncio.Queue()
        self._writing: asyncio.Task[str] | None = None
        self._ended = False
        self._bare = True

    @property
    def empty(self) -> bool:
        """Whether nothing was pushed since the last `commit` or `clear`."""
        return self._bare

    def push(self, audio: bytes) -> None:
        """Take audio in; raises Overloaded or BodyTooLarge when that is more than it may be."""
        self._taken += len(audio)
        if self._voice.seconds(self._taken) > self._voice.longest:
            raise BodyTooLarge(
                f"The line is longer than {self._voice.longest:g} s; open another.", param="audio"
            )
        if self._voice.seconds(self._waiting + len(audio)) > self._voice.ahead:
            raise Overloaded(
                "Audio comes faster than it can be heard; send it at the speed of speech.",
                param="audio",
                retry_after=5.0,
            )
        self._waiting += len(audio)
        self._bare = self._bare and not audio
        self._pending.append(audio)
        self._arrived.set()

    def commit(self) -> None:
        """End the turn after what was pushed so far."""
        self._bare = True
        self._pending.append(self._line.commit)
        self._arrived.set()

    def clear(self) -> None:
        """Forget what was pushed and is in no turn that ended, and stop what is written of it."""
        self._pending = deque(item for item in self._pending if not isinstance(item, bytes))
        self._waiting = 0
        self._bare = True
        if self._line.clear() is not None and self._writing is not None:
            self._writing.cancel()
        self._changed.set()

    def end(self) -> None:
        """No more audio comes: `run` returns when everything is written down."""
        self._pending.append(lambda: [] if self._line.empty else self._line.commit())
        self._ended = True
        self._arrived.set()

    async def run(self, tell: Tell) -> None:
        """Tell every event in order; raises the PodiumError that ends the line."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(tell))
                group.create_task(self._listen())
                group.create_task(self._write())
        except* PodiumError as errors:
            raise _first(errors) from None

    async def _tell(self, tell: Tell) -> None:
        while (event := await self._events.get()) is not None:
            await tell(event)

    def _made(self, events: list[LineEvent]) -> None:
        for event in events:
            self._events.put_nowait(event)
        self._changed.set()

    async def _listen(self) -> None:
        state = EarState()
        while self._pending or not self._ended:
            if not self._pending:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            item = self._next()
            if not isinstance(item, bytes):
                self._made(item())
                continue
            piece = Piece(self._voice.model, item, self._voice.format, state)
            heard = await self._patiently(partial(self._model.listen, piece))
            state = heard.state
            self._waiting = max(0, self._waiting - len(item))
            self._made(self._line.listen(heard.samples, heard.speech))
        self._changed.set()

    def _next(self) -> bytes | Callable[[], list[LineEvent]]:
        """What waits, joined to no more than a second of audio."""
        item = self._pending.popleft()
        if not isinstance(item, bytes):
            return item
        joined = bytearray(item)
        while self._pending and self._voice.seconds(len(joined)) < _MOST_AT_ONCE_S:
            following = self._pending[0]
            if not isinstance(following, bytes):
                break
            joined += following
            self._pending.popleft()
        return bytes(joined)

    async def _write(self) -> None:
        while not (self._ended and not self._pending and self._line.settled and not self._waiting):
            ask = self._line.ask()
            if ask is None:
                self._changed.clear()
                await self._changed.wait()
            else:
                self._made(await self._heard(ask))
        self._events.put_nowait(None)

    async def _heard(self, ask: Ask) -> list[LineEvent]:
        voice = self._voice
        clip = SpokenClip(voice.model, ask.audio, ask.final, voice.language, voice.prompt)
        self._writing = asyncio.create_task(self._text(clip))
        try:
            await asyncio.wait({self._writing})
            if self._writing.cancelled():
                return []
            return self._line.heard(ask, self._writing.result())
        except PodiumError as error:
            return self._line.failed(ask, error)
        finally:
            self._writing.cancel()

    async def _text(self, clip: SpokenClip) -> str:
        if clip.final:
            return (await self._patiently(partial(self._model.hear, clip))).text
        return (await self._model.hear(clip, Deadline.after(PATIENCE_S))).text

    async def _patiently(self, ask: Callable[[Deadline], Awaitable[Answer]]) -> Answer:
        """Ask again while no replica answers: asking twice does no harm."""
        deadline = Deadline.after(PATIENCE_S)
        while True:
            try:
                return await ask(deadline)
            except (ModelUnavailable, Overloaded):
                if deadline.remaining() <= _AGAIN_S:
                    raise
                await asyncio.sleep(_AGAIN_S)


def _first(errors: BaseExceptionGroup[PodiumError]) -> PodiumError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
