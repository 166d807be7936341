"""What a streamed, governed chat costs before the engine is asked: `python -m bench.before_engine`.

The whole gateway application in one process, called as a server calls it, over an engine that only
notes when it is asked: it answers once the whole burst has asked, so that what comes before is told
apart from what a token costs. Key, rates, budget, prompts and bodies are those of `bench.rungs`.
Processor time is what counts; it is told beside the clock, which a busy machine moves.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.chat import TOKENS
from bench.gateway_alone import GatewayAlone
from bench.load import request_body
from bench.samples import Job
from bench.servers import MODEL, end_tokens, packaged_card
from deployments.json_log import open_log
from models.deadline import Deadline
from models.messages import ChatDelta, Usage

_WARM_UP = 8


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: seconds of the process's processor time, and of the clock."""

    cpu: float = field(default_factory=time.process_time)
    clock: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class Stats:
    """What an engine says of itself."""

    running: int = 0
    waiting: int = 0


@dataclass
class Engine:
    """A deployment that notes when it is asked and answers once `expected` requests have asked."""

    tokens: int
    name: str = MODEL
    expected: int = 1
    asked: list[Moment] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, count: int) -> None:
        """The next burst is so many."""
        self.asked.clear()
        self.ready.clear()
        self.expected = count

    async def call(self, method: str, *_: object, deadline: Deadline) -> Any:
        """What a gateway asks now and then."""
        if method == "describe":
            return {"window": 4096, "digest": "sha256:" + "0" * 64}
        return Stats()

    async def stream(self, *_: object, deadline: Deadline) -> AsyncGenerator[ChatDelta, None]:
        """The answer, a word at a time, each in a turn of the loop of its own."""
        self.asked.append(Moment())
        if len(self.asked) == self.expected:
            self.ready.set()
        await self.ready.wait()
        for _token in range(self.tokens):
            yield ChatDelta(text=" word")
            await asyncio.sleep(0)
        yield ChatDelta(finish_reason="length", usage=Usage(135, self.tokens))


@dataclass(frozen=True, slots=True)
class Burst:
    """Milliseconds from its arrival; `whole` is what one request took of the processor in all."""

    mean_asked: float
    last_asked: float
    whole: float
    last_asked_clock: float
    waited_for_state: int


async def measure(clients: int, bursts: int) -> list[Burst]:
    """That many bursts of that many requests, after a few that are not kept."""
    engine, card = Engine(TOKENS), packaged_card()
    never = end_tokens(card)
    async with GatewayAlone(engine, card) as gateway:
        gc.collect()
        gc.freeze()
        try:
            found = [
                await _burst(gateway, engine, _bodies(number, clients, never))
                for number in range(bursts + _WARM_UP)
            ]
        finally:
            gc.unfreeze()
    return found[_WARM_UP:]


async def _burst(gateway: GatewayAlone, engine: Engine, bodies: Sequence[bytes]) -> Burst:
    engine.expect(len(bodies))
    before, began = gateway.state.reservations, Moment()
    async with asyncio.TaskGroup() as group:
        for body in bodies:
            group.create_task(gateway.post("/v1/chat/completions", body))
    ended = Moment()
    taken = [(one.cpu - began.cpu) * 1e3 for one in engine.asked]
    return Burst(
        mean_asked=statistics.fmean(taken),
        last_asked=taken[-1],
        whole=(ended.cpu - began.cpu) * 1e3 / len(bodies),
        last_asked_clock=(engine.asked[-1].clock - began.clock) * 1e3,
        waited_for_state=gateway.state.reservations - before,
    )


def _bodies(number: int, clients: int, never: tuple[int, ...]) -> list[bytes]:
    """The bodies of one burst, each prompt told once only."""
    first = 1_000_000 + 1_000 * clients + number * clients
    seeds = tuple(range(first, first + clients))
    job = Job("podium", 0, clients, "", "", MODEL, seeds, TOKENS, never)
    return [json.dumps(request_body(job, seed)).encode() for seed in seeds]


def report(clients: int, found: Sequence[Burst]) -> dict[str, float]:
    """Medians over the bursts."""
    names = ("mean_asked", "last_asked", "whole", "last_asked_clock")
    middle = {name: statistics.median(getattr(one, name) for one in found) for name in names}
    waited = statistics.fmean(one.waited_for_state for one in found)
    return {
        "clients": clients,
        "bursts": len(found),
        "asked_a_request_ms": round(middle["last_asked"] / clients, 3),
        "asked_mean_ms": round(middle["mean_asked"], 2),
        "asked_last_ms": round(middle["last_asked"], 2),
        "whole_a_request_ms": round(middle["whole"], 2),
        "asked_last_by_the_clock_ms": round(middle["last_asked_clock"], 2),
        "reservations_a_burst": round(waited, 2),
    }


def main() -> None:
    """Print one JSON line for each number of clients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--requests", type=int, default=640, help="for each number of clients")
    asked = parser.parse_args()
    for clients in asked.clients:
        bursts = max(1, asked.requests // clients)
        with tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
            open_log(Path(folder) / "gateway.log")
            found = asyncio.run(measure(clients, bursts))
        print(json.dumps(report(clients, found)), flush=True)


if __name__ == "__main__":
    main()
