"""One replica as the simulation sees it: prompts read one after another, answers written together.

Every running answer gets a token a step, and a step takes longer the more there are: so the time to
the next token is `step_s + step_s_each * running`. A request is taken in when there is a sequence
and room in the key-value cache for all of it; until then it waits in the engine, first come first.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from models.local.engine_stats import EngineStats
from router.simulation.trace import Arrival


class EngineModel(BaseModel):
    """An engine by its figures: tokens a second of prompts, seconds a step, room, a start.

    The defaults are guesses for a model of 7B on one small GPU (24 GiB).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_rate: float = Field(default=3000.0, gt=0)
    step_s: float = Field(default=0.025, gt=0)
    step_s_each: float = Field(default=0.0005, ge=0)
    sequences: int = Field(default=32, ge=1)
    cache_tokens: int = Field(default=60_000, ge=1)
    start_s: float = Field(default=60.0, ge=0)
    gpus: float = Field(default=1.0, ge=0)


@dataclass(slots=True)
class Job:
    """A request on its way; times in seconds of the trace, None until they have come."""

    arrival: Arrival
    first: float | None = None
    end: float | None = None

    @property
    def room(self) -> int:
        """The tokens it has in the cache at its end."""
        return self.arrival.prompt_tokens + self.arrival.output_tokens


@dataclass
class Replica:
    """Work in one engine, brought forward to whatever time it is told."""

    engine: EngineModel
    begun: float
    ready: float
    leaving: bool = False
    _now: float = 0.0
    _written: float = 0.0
    _reading_until: float = 0.0
    _used: int = 0
    _waiting: deque[Job] = field(default_factory=deque)
    _reading: deque[tuple[float, Job]] = field(default_factory=deque)
    _writing: list[tuple[float, int, Job]] = field(default_factory=list)
    _count: int = 0

    @property
    def held(self) -> int:
        """Requests in it, waiting ones included."""
        return len(self._waiting) + self._running

    @property
    def _running(self) -> int:
        return len(self._reading) + len(self._writing)

    def stats(self) -> EngineStats:
        """What its scheduler would tell."""
        return EngineStats(
            running=self._running,
            waiting=len(self._waiting),
            kv_cache_usage=min(1.0, self._used / self.engine.cache_tokens),
        )

    def take(self, job: Job, now: float) -> None:
        """One more request."""
        self._now = max(self._now, now)
        self._waiting.append(job)
        self._admit()

    def next_event(self) -> float | None:
        """When something in it is done next."""
        times = [self._reading[0][0]] if self._reading else []
        if self._writing:
            left = self._writing[0][0] - self._written
            times.append(self._now + max(0.0, left) * self._step())
        return min(times, default=None)

    def advance(self, now: float) -> Iterator[Job]:
        """Go on until `now`, and tell what was finished by then."""
        while (event := self.next_event()) is not None and event <= now:
            self._pass(event)
            yield from self._finish(event)
        self._pass(now)

    def _pass(self, now: float) -> None:
        if self._writing and now > self._now:
            self._written += (now - self._now) / self._step()
        self._now = max(self._now, now)

    def _finish(self, now: float) -> Iterator[Job]:
        while self._reading and self._reading[0][0] <= now:
            _, job = self._reading.popleft()
            job.first = now
            self._count += 1
            more = job.arrival.output_tokens - 1
            heapq.heappush(self._writing, (self._written + more, self._count, job))
        while self._writing and self._writing[0][0] <= self._written + 1e-9:
            _, _, job = heapq.heappop(self._writing)
            job.end = now
            self._used -= job.room
            yield job
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._fits(self._waiting[0]):
            job = self._waiting.popleft()
            self._used += job.room
            reading = job.arrival.prompt_tokens / self.engine.prompt_rate
            self._reading_until = max(self._reading_until, self._now) + reading
            self._reading.append((self._reading_until, job))

    def _fits(self, job: Job) -> bool:
        """Whether there is a sequence and room; alone even what is larger than the cache is in."""
        if self._running == 0:
            return True
        room = self._used + job.room <= self.engine.cache_tokens
        return room and self._running < self.engine.sequences

    def _step(self) -> float:
        return self.engine.step_s + self.engine.step_s_each * len(self._writing)
