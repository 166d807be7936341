"""What governing a call of a model outside costs: `python -m bench.remote`.

Governed is the whole way: gateway, policy, ledger with its durable intent, gate, adapter. Direct is
the official SDK. Both speak to the same stub on loopback, in rounds that take turns, so that what
the machine does in a round falls on both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.machine import about_machine
from bench.paired import quantile
from bench.process_use import cpu_ms, held_mib, use_of
from bench.remote_load import (
    Client,
    Streamed,
    arrivals,
    burst,
    client_of,
    open_load,
    requests_per_s,
    streams,
)
from bench.remote_sides import ANSWER_S, Sides, both_sides

_SLOW, _PACED, _LONG, _NOW = "slow", "paced", "long", "now"
_PACED_WORDS, _LONG_WORDS = 100, 40
_ROWS = (
    {"match": _SLOW, "reply": "Fine.", "delay": ANSWER_S},
    {"match": _PACED, "reply": "word", "words": _PACED_WORDS, "pace": 50},
    {"match": _LONG, "reply": "word", "words": _LONG_WORDS, "pace": 4},
    {"reply": "Fine."},
)
_TARGETS = {"added_p50_ms": 6.0, "added_p99_ms": 15.0, "requests_per_s": 250.0, "delta_p99_ms": 2.0}
_ON_THE_WAY = ("gateway", "egress", "state", "haproxy")
_WARM_UP = 150
_THROUGHPUT_AT_ONCE = 32
_UNDER_WAY = 8


class Run:
    """One measurement: both sides, a client of each, and what was asked for."""

    def __init__(self, sides: Sides, asked: argparse.Namespace) -> None:
        self.sides = sides
        self.asked = asked
        self.direct, self.governed = client_of(sides.direct), client_of(sides.governed)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Say on stderr what is being done."""
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=sys.stderr, flush=True)

    def use(self) -> Any:
        """What every process has used so far."""
        return use_of(self.sides.podium, {"stub": self.sides.stub})


async def latency(run: Run) -> Any:
    """What governing adds to one call, by how many are made at a time."""
    found = {}
    for concurrency in run.asked.concurrency:
        for text in (_SLOW, _NOW):
            run.note(f"latency: the stub answers {text}, {concurrency} at a time")
            found[f"{text}-c{concurrency}"] = await _in_step(run, text, concurrency)
    return found


async def _in_step(run: Run, text: str, concurrency: int) -> dict[str, float]:
    count = run.asked.each * concurrency
    return await _added(run, lambda client, _: burst(client, text, count, concurrency))


async def at_random(run: Run) -> Any:
    """What governing adds to one call when calls don't come in the same moment."""
    rate, count = run.asked.rate, run.asked.each * _UNDER_WAY
    run.note(f"arrivals: the stub answers {_SLOW}, {rate:g} a second at random")

    def load(client: Client, number: int) -> Awaitable[list[float]]:
        return open_load(client, _SLOW, arrivals(run.asked.seed + number, count, rate))

    before = run.use()
    added = await _added(run, load)
    spent = cpu_ms(before, run.use(), count * run.asked.rounds)
    of_podium = {name: spent[name] for name in _ON_THE_WAY if name in spent}
    return {"calls_a_second": rate, "seed": run.asked.seed, **added, "cpu_ms": of_podium}


async def _added(
    run: Run, load: Callable[[Client, int], Awaitable[list[float]]]
) -> dict[str, float]:
    """Each side under the same load in every round, by its number."""
    sides: dict[str, list[float]] = {"direct": [], "governed": []}
    gaps: list[float] = []
    turn: list[tuple[str, Client]] = [("direct", run.direct), ("governed", run.governed)]
    for number in range(run.asked.rounds):
        times = {}
        for name, client in turn if number % 2 else reversed(turn):
            times[name] = await load(client, number)
            sides[name] += times[name]
        gaps.append(quantile(times["governed"], 0.5) - quantile(times["direct"], 0.5))
    p99 = {name: quantile(values, 0.99) for name, values in sides.items()}
    return {
        "calls": len(sides["direct"]),
        "added_p50_ms": round(median(gaps), 2),
        "added_p99_ms": round(p99["governed"] - p99["direct"], 2),
        **{f"{name}_p50_ms": round(quantile(sides[name], 0.5), 2) for name in sides},
        **{f"{name}_p99_ms": round(value, 2) for name, value in p99.items()},
    }


async def throughput(run: Run) -> Any:
    """Requests a second with a stub that answers at once, and what each process spends on one."""
    count, rates = run.asked.requests_each, []
    before = run.use()
    for number in range(run.asked.rounds):
        run.note(f"throughput: round {number + 1} of {run.asked.rounds}, {count} requests")
        rates.append(await requests_per_s(run.sides.governed, _NOW, count, _THROUGHPUT_AT_ONCE))
    spent = cpu_ms(before, run.use(), count * run.asked.rounds)
    direct = await requests_per_s(run.sides.direct, _NOW, count, _THROUGHPUT_AT_ONCE)
    return {
        "at_a_time": _THROUGHPUT_AT_ONCE,
        "requests_per_s": round(median(rates), 1),
        "rounds": [round(rate, 1) for rate in rates],
        "direct_requests_per_s": round(direct, 1),
        "cpu_ms_per_request": spent,
    }


async def deltas(run: Run) -> Any:
    """What governing adds between two words of a stream."""
    gaps: dict[str, list[float]] = {"direct": [], "governed": []}
    turn: list[tuple[str, Client]] = [("direct", run.direct), ("governed", run.governed)]
    for number in range(run.asked.rounds):
        run.note(f"deltas: round {number + 1} of {run.asked.rounds}, 4 streams, 50 words/s")
        for name, client in turn if number % 2 else reversed(turn):
            gaps[name] += (await streams(client, _PACED, 4)).gaps
    p99 = {name: quantile(values, 0.99) for name, values in gaps.items()}
    return {
        "gaps": len(gaps["governed"]),
        "delta_added_p99_ms": round(p99["governed"] - p99["direct"], 2),
        **{f"{name}_p99_ms": round(value, 2) for name, value in p99.items()},
    }


async def at_once(run: Run) -> Any:
    """Many streams at the same time through one gate: nothing may be lost."""
    many, found = run.asked.streams, {}
    for name, client in (("direct", run.direct), ("governed", run.governed)):
        run.note(f"streams: {many} at once, {name}")
        found[name] = _stream_facts(many, await streams(client, _LONG, many))
    return {"at_once": many, "words_a_second_each": 4, **found}


def _stream_facts(many: int, seen: Streamed) -> dict[str, Any]:
    return {
        "words_lost": many * _LONG_WORDS - seen.words,
        "failed": seen.failed,
        "first_word_p99_ms": round(quantile(seen.first or [0.0], 0.99), 1),
        "gap_p99_ms": round(quantile(seen.gaps or [0.0], 0.99), 1),
        "seconds": round(seen.seconds, 1),
    }


async def memory(run: Run) -> Any:
    """MiB of the processes on the way, over many requests."""
    parts, seen = 10, {}
    for part in range(parts + 1):
        done = part * run.asked.requests // parts
        seen[str(done)] = held_mib(run.use(), _ON_THE_WAY)
        run.note(f"memory: after {done} requests {seen[str(done)]}")
        if part < parts:
            left = run.asked.requests // parts
            await requests_per_s(run.sides.governed, _NOW, left, 16)
    return seen


PARTS: dict[str, Callable[[Run], Awaitable[Any]]] = {
    "latency": latency,
    "arrivals": at_random,
    "throughput": throughput,
    "deltas": deltas,
    "streams": at_once,
    "memory": memory,
}


async def measure(sides: Sides, asked: argparse.Namespace) -> dict[str, Any]:
    """The parts asked for, in order."""
    run = Run(sides, asked)
    run.note("warming up")
    for client in (run.governed, run.direct):
        await burst(client, _NOW, _WARM_UP, 8)
    report = {name: await PARTS[name](run) for name in PARTS if name in asked.parts}
    await run.direct.close()
    await run.governed.close()
    return report


def main(words: list[str], say: Callable[[str], None] = print) -> int:
    """Measure, and print one JSON document."""
    asked = _options(words)
    machine = about_machine(words) | {"command": " ".join(("python -m bench.remote", *words))}
    print("starting the stub and Podium", file=sys.stderr, flush=True)
    with both_sides(_ROWS, asked.folder) as sides:
        report = asyncio.run(measure(sides, asked))
    say(json.dumps({"machine": machine, "targets": _TARGETS, **report}, indent=2))
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.remote", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--each", type=int, default=20, help="calls of each client in a round")
    parser.add_argument("--rate", type=float, default=_UNDER_WAY / ANSWER_S, help="arrivals")
    parser.add_argument("--seed", type=int, default=20261129, help="of the arrivals")
    parser.add_argument("--requests-each", type=int, default=1000, help="in a throughput round")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--requests", type=int, default=10_000, help="for the memory's course")
    parser.add_argument("--folder", type=Path, help="where homes are made for the time being")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
