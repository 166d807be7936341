"""Which models answer: asked of each one, over and over, by the gateway."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from deployments.remote import Remote
from deployments.replica_counts import ReplicaCount
from models.deadline import Deadline
from models.errors import DeadlineExceeded, Overloaded, PodiumError
from models.remote.traffic import Held

log = logging.getLogger("podium.status")

ModelState = Literal["loading", "ready", "cold", "failing"]
PERIOD_S = 1.0
PATIENCE_S = 5.0
# A busy model answers late and is no dead one; one that is silent this often in a row may hang.
SILENCES = 10


@dataclass(frozen=True, slots=True)
class Load:
    """What a model last said of itself; `told` is when, in seconds of this process's clock.

    A cold one has no replica now and is started for whoever asks; `start_s` is how long one took.
    """

    state: ModelState = "loading"
    running: int = 0
    waiting: int = 0
    kv_cache_usage: float = 0.0
    window: int | None = None
    digest: str | None = None
    silences: int = 0
    held: Held | None = None
    told: float = 0.0
    start_s: float | None = None

    @property
    def answers(self) -> bool:
        """Whether it may be asked: it is ready, or is started for it."""
        return self.state in ("ready", "cold")

    def held_now(self, now: float) -> Held | None:
        """Why a model outside is not asked now, by what the gate last said."""
        if self.held is None or now >= self.told + self.held.seconds:
            return None
        return replace(self.held, seconds=self.told + self.held.seconds - now)

    def silent(self) -> Load:
        """The same, one more question unanswered."""
        missed = self.silences + 1
        return replace(self, silences=missed, state="failing" if missed >= SILENCES else self.state)


class ModelStatus:
    """Asks each deployment how it is; the answers are at most a few seconds old.

    `counts` are of the models that may sleep: those are not asked, which would wake them.
    """

    def __init__(
        self,
        remotes: Mapping[str, Remote],
        counts: Mapping[str, ReplicaCount] = MappingProxyType({}),
        every_s: float = PERIOD_S,
    ) -> None:
        self._every_s = every_s
        self._remotes = remotes
        self._counts = counts
        self._loads = {name: Load() for name in remotes}

    def loads(self) -> Mapping[str, Load]:
        """The last answers."""
        return self._loads

    def load(self, name: str) -> Load:
        """The last answer of one."""
        return self._loads[name]

    def ready(self) -> bool:
        """Whether every model answers."""
        return all(load.answers for load in self._loads.values())

    def told(self) -> bool:
        """Whether something is known of every model."""
        return all(load.state != "loading" for load in self._loads.values())

    async def watch(self) -> None:
        """Ask for ever; cancel to stop."""
        async with asyncio.TaskGroup() as group:
            for name in self._remotes:
                group.create_task(self._watch(name))

    async def _watch(self, name: str) -> None:
        while True:
            await self.ask(name)
            await asyncio.sleep(self._every_s)

    async def ask(self, name: str) -> Load:
        """Ask one now."""
        old = self._loads[name]
        try:
            new = await self._answer(name, old)
        except (DeadlineExceeded, Overloaded):
            new = old.silent()
        except PodiumError as error:
            if old.answers:
                log.warning("model stopped answering", extra={"model": name, "code": error.code})
            new = Load(state="loading" if old.state == "loading" else "failing")
        except Exception as error:
            # Nobody would ask any model again if one answer ended the watch.
            if old.state != "failing":
                told = {"model": name, "error": type(error).__name__}
                log.error("model answered wrongly", extra=told)
            new = Load(state="failing")
        self._loads[name] = new
        return new

    async def _answer(self, name: str, old: Load) -> Load:
        remote, deadline = self._remotes[name], Deadline.after(PATIENCE_S)
        if await self._sleeps(name, old):
            return Load("cold", window=old.window, digest=old.digest, start_s=old.start_s)
        stats: Any = await remote.call("stats", deadline=deadline)
        if old.digest is None or old.state == "cold":
            facts: Any = await remote.call("describe", deadline=deadline)
        else:
            facts = {"window": old.window, "digest": old.digest, "start_s": old.start_s}
        return Load(
            state="ready",
            running=stats.running,
            waiting=stats.waiting,
            kv_cache_usage=getattr(stats, "kv_cache_usage", 0.0),
            window=facts["window"],
            digest=facts["digest"],
            held=getattr(stats, "held", None),
            told=time.monotonic(),
            start_s=facts.get("start_s"),
        )

    async def _sleeps(self, name: str, old: Load) -> bool:
        """Whether it has no replica, and not because it was never started."""
        count = self._counts.get(name)
        return count is not None and old.state != "loading" and await count() == 0
