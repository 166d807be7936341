"""Where speech begins, pauses and ends, from the voice detector's probabilities alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

FRAME = 512
RATE = 16_000
FRAMES_A_SECOND = RATE / FRAME

Kind = Literal["turn_begins", "clip_begins", "clip_ends", "turn_ends"]


class Mark(NamedTuple):
    """Something that happened at `frame`, counted from the start of the line."""

    kind: Kind
    frame: int


def frames(seconds: float) -> int:
    """The frames that so many seconds hold, at least one."""
    return max(1, round(seconds * FRAMES_A_SECOND))


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """Probabilities in [0, 1], times in seconds.

    Speech begins with `least` seconds over `threshold` and is heard from `pad` before that. `pause`
    seconds of quiet close a clip, `silence` end the turn. A clip is cut, where it is quietest, once
    it fills `longest`.
    """

    threshold: float = 0.5
    least: float = 0.096
    pad: float = 0.2
    pause: float = 0.3
    silence: float = 0.5
    longest: float = 28.0

    @property
    def quiet(self) -> float:
        """Below this it is quiet; between the two, whatever it was before goes on."""
        return max(self.threshold - 0.15, 0.01)


@dataclass(slots=True)
class Endpoint:
    """One line's voice activity; told of every frame, in order."""

    rules: EndpointRules
    at: int = 0
    in_turn: bool = False
    _run: int = 0
    _quiet: int = 0
    _since: int | None = None
    _free: int = 0
    _spoken: list[float] = field(default_factory=list)

    @property
    def clip_start(self) -> int | None:
        """The first frame of the clip that is open, None when nobody speaks."""
        return self._since

    def frame(self, probability: float) -> Iterator[Mark]:
        """What another frame shows."""
        self.at += 1
        if self._since is None:
            yield from self._waiting(probability)
        else:
            yield from self._speaking(self._since, probability)

    def close(self) -> Iterator[Mark]:
        """End clip and turn here, for somebody says so."""
        if self._since is not None:
            yield self._end_clip(self.at)
        if self.in_turn:
            yield self._end_turn()

    def _waiting(self, probability: float) -> Iterator[Mark]:
        self._run = self._run + 1 if probability >= self.rules.threshold else 0
        self._quiet += 1
        if self._run >= frames(self.rules.least):
            start = max(self._free, self.at - self._run - frames(self.rules.pad))
            if not self.in_turn:
                self.in_turn = True
                yield Mark("turn_begins", start)
            yield self._begin_clip(start)
        elif self.in_turn and self._quiet >= frames(self.rules.silence):
            yield self._end_turn()

    def _speaking(self, since: int, probability: float) -> Iterator[Mark]:
        self._spoken.append(probability)
        if probability >= self.rules.threshold:
            self._quiet = 0
        elif probability < self.rules.quiet or self._quiet:
            self._quiet += 1
        if self._quiet >= frames(self.rules.pause):
            yield self._end_clip(self.at)
            if self._quiet >= frames(self.rules.silence):
                yield self._end_turn()
        elif self.at - since >= frames(self.rules.longest):
            cut = self._quietest(since)
            yield self._end_clip(cut)
            yield self._begin_clip(cut)

    def _quietest(self, since: int) -> int:
        """The best place to cut within the last second and a half."""
        near = self._spoken[-min(frames(1.5), (self.at - since) // 2) :]
        least = min(range(len(near)), key=near.__getitem__)
        return self.at - len(near) + least + 1

    def _begin_clip(self, frame: int) -> Mark:
        self._since, self._run, self._quiet, self._spoken = frame, 0, 0, []
        return Mark("clip_begins", frame)

    def _end_clip(self, frame: int) -> Mark:
        self._since, self._run, self._free = None, 0, frame
        return Mark("clip_ends", frame)

    def _end_turn(self) -> Mark:
        self.in_turn = False
        return Mark("turn_ends", self.at)
