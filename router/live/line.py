"""One live line: audio with speech probabilities goes in, committed words come out.

No clock and no model in here: the line says what should be written down next (`ask`), and is told
what came of it. Memory is bounded: audio is kept of the open clip and of what still waits only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from models.errors import Overloaded, PodiumError
from router.live.endpoint import FRAME, FRAMES_A_SECOND, RATE, Endpoint, EndpointRules, Mark, frames
from router.live.events import (
    Hypothesis,
    LineEvent,
    SpeechStarted,
    SpeechStopped,
    TurnCommitted,
    TurnCompleted,
    TurnFailed,
    TurnPaused,
    WordsCommitted,
)
from router.live.turn import BYTES_A_SAMPLE, Clip, Turn

_FRAME_BYTES = FRAME * BYTES_A_SAMPLE
_MS_A_FRAME = 1000 / FRAMES_A_SECOND


@dataclass(frozen=True, slots=True)
class LineRules:
    """`first` seconds of speech are needed for a hypothesis, `step` more for the next one.

    `detect` false: turns end when the client says so. `backlog` is how many seconds of speech may
    wait to be written down.
    """

    endpoint: EndpointRules = field(default_factory=EndpointRules)
    detect: bool = True
    first: float = 0.45
    step: float = 0.25
    backlog: float = 60.0


@dataclass(frozen=True, slots=True)
class Ask:
    """Audio to write down: 16 kHz mono 16-bit samples; `final` is the last pass over a clip."""

    clip: Clip
    turn: Turn
    audio: bytes
    final: bool


class Line:
    """Not thread-safe; `name` gives each turn its id."""

    def __init__(self, rules: LineRules, name: Callable[[], str]) -> None:
        self._rules = rules
        self._name = name
        self._endpoint = Endpoint(rules.endpoint)
        self._recent = bytearray()
        self._turns: deque[Turn] = deque()
        self._open: Turn | None = None
        self._last_item: str | None = None
        self._asked: Ask | None = None

    @property
    def at_ms(self) -> int:
        """How much audio was taken in."""
        return _ms(self._endpoint.at)

    @property
    def empty(self) -> bool:
        """Whether the turn that is open has no audio."""
        return self._open is None

    @property
    def settled(self) -> bool:
        """Whether every turn that ended is written down."""
        return all(not turn.ended for turn in self._turns)

    def listen(self, audio: bytes, speech: Sequence[float]) -> list[LineEvent]:
        """Take in whole frames and the probability of speech in each.

        Raises Overloaded when too much speech waits to be written down.
        """
        made: list[LineEvent] = []
        for number, probability in enumerate(speech):
            piece = audio[number * _FRAME_BYTES : (number + 1) * _FRAME_BYTES]
            made += self._frame(piece, probability)
        self._check_backlog()
        return made

    def ask(self) -> Ask | None:
        """What to write down now; None while something is being written, or nothing is new."""
        if self._asked is not None:
            return None
        for turn in self._turns:
            clip = turn.waiting
            if clip is not None:
                self._asked = self._ask(turn, clip)
                return self._asked
        return None

    def heard(self, ask: Ask, text: str) -> list[LineEvent]:
        """What the model wrote for an ask."""
        self._asked = None
        turn, words = ask.turn, tuple(text.split())
        if turn not in self._turns:
            return []
        if ask.final:
            rest, revised = ask.clip.settle(words)
            turn.revised += revised
            return [*self._shown(turn, rest), *self._paused(turn), *self._finished()]
        ask.clip.said, new = ask.clip.said.hear(words)
        tail = " ".join(ask.clip.said.tail())
        return [*self._shown(turn, new), Hypothesis(turn.item, tail)]

    def failed(self, ask: Ask, error: PodiumError) -> list[LineEvent]:
        """The model could not; a hypothesis is lost, a final pass takes its turn with it."""
        self._asked = None
        turn = ask.turn
        if not ask.final or turn not in self._turns:
            return []
        # Later words of a turn with a hole in it would read as if nothing was missing.
        self._turns.remove(turn)
        self._open = None if self._open is turn else self._open
        return [TurnFailed(turn.item, error), *self._finished()]

    def commit(self) -> list[LineEvent]:
        """End the turn that is open, here."""
        if self._open is None:
            self._begin_turn()
        made: list[LineEvent] = []
        for mark in self._endpoint.close():
            if mark.kind == "clip_ends":
                made += self._marked(mark)
        return [*made, *self._end_turn()]

    def clear(self) -> Ask | None:
        """Forget the turn that is open; what is being written of it, that it may be stopped."""
        turn, asked = self._open, self._asked
        for _ in self._endpoint.close():
            pass
        self._recent.clear()
        self._open = None
        if turn is None:
            return None
        self._turns.remove(turn)
        if asked is None or asked.turn is not turn:
            return None
        self._asked = None
        return asked

    def _frame(self, piece: bytes, probability: float) -> Iterator[LineEvent]:
        if not self._rules.detect and self._open is None:
            self._begin_turn()
        self._recent += piece
        if self._open is not None:
            self._open.frames += 1
        for mark in self._endpoint.frame(probability):
            yield from self._marked(mark)
        kept = self._endpoint.clip_start
        if kept is None:
            kept = self._endpoint.at - frames(self._rules.endpoint.pad + self._rules.endpoint.least)
        self._drop_before(kept)

    def _drop_before(self, frame: int) -> None:
        have = len(self._recent) // _FRAME_BYTES
        extra = frame - (self._endpoint.at - have)
        if extra > 0:
            del self._recent[: extra * _FRAME_BYTES]

    def _marked(self, mark: Mark) -> Iterator[LineEvent]:
        if mark.kind == "turn_begins":
            turn = self._begin_turn()
            turn.frames = self._endpoint.at - mark.frame
            yield SpeechStarted(turn.item, _ms(mark.frame))
        elif mark.kind == "clip_begins" and self._open is not None:
            self._open.clips.append(Clip(mark.frame))
        elif mark.kind == "clip_ends" and self._open is not None:
            self._close_clip(self._open.clips[-1], mark.frame)
        elif mark.kind == "turn_ends" and self._open is not None:
            if self._rules.detect:
                yield SpeechStopped(self._open.item, _ms(mark.frame))
            yield from self._end_turn()

    def _close_clip(self, clip: Clip, frame: int) -> None:
        clip.audio = bytearray(self._between(clip.start, frame))
        clip.end = frame

    def _between(self, start: int, end: int) -> bytes:
        first = self._endpoint.at - len(self._recent) // _FRAME_BYTES
        return bytes(self._recent[(start - first) * _FRAME_BYTES : (end - first) * _FRAME_BYTES])

    def _begin_turn(self) -> Turn:
        turn = self._open = Turn(self._name())
        self._turns.append(turn)
        self._endpoint.in_turn = True
        return turn

    def _end_turn(self) -> Iterator[LineEvent]:
        turn = self._open
        if turn is None:
            return
        turn.ended, self._open = True, None
        self._endpoint.in_turn = False
        yield TurnCommitted(turn.item, self._last_item)
        self._last_item = turn.item
        yield from self._finished()

    def _ask(self, turn: Turn, clip: Clip) -> Ask | None:
        if clip.closed:
            return Ask(clip, turn, bytes(clip.audio), final=True)
        audio = self._between(clip.start, self._endpoint.at)
        wanted = self._rules.first if not clip.asked else self._rules.step
        new = (len(audio) - clip.asked) / (RATE * BYTES_A_SAMPLE)
        if new < wanted:
            return None
        clip.asked = len(audio)
        return Ask(clip, turn, audio, final=False)

    def _shown(self, turn: Turn, words: tuple[str, ...]) -> Iterator[LineEvent]:
        text = turn.show(words)
        if text:
            yield WordsCommitted(turn.item, text)

    def _paused(self, turn: Turn) -> Iterator[LineEvent]:
        if turn is self._open and turn.waiting is None and (text := turn.transcript()):
            yield TurnPaused(turn.item, text)

    def _finished(self) -> Iterator[LineEvent]:
        """Turns that are complete, in order: none overtakes the one before it."""
        while self._turns and self._turns[0].written:
            turn = self._turns.popleft()
            seconds = turn.frames / FRAMES_A_SECOND
            yield TurnCompleted(turn.item, turn.transcript(), seconds, turn.revised)

    def _check_backlog(self) -> None:
        waiting = sum(
            len(clip.audio) for turn in self._turns for clip in turn.clips if clip.text is None
        )
        if waiting > self._rules.backlog * RATE * BYTES_A_SAMPLE:
            raise Overloaded(
                "Speech comes faster than it can be written down; send less, or on fewer lines.",
                retry_after=5.0,
            )


def _ms(frame: int) -> int:
    return round(frame * _MS_A_FRAME)
