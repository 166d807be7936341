"""The egress gate's own time: `python -m bench.gate` sends requests through it at a fixed rate.

Everything is real but the provider: tokens, policy, scans, and a ledger that is synced to disk.
The time of one request runs from its arrival at the gate to the moment its bytes would be written
to the socket. Requests arrive on a fixed schedule, whether the gate keeps up or not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.catalog import ModelCard, builtin_catalog, load_catalog
from models.deadline import Deadline
from models.messages import ChatDelta, ChatRequest, Message, Origin, Usage
from models.remote.exchange import Ran
from models.remote.registry import wire_body
from router.detect.scan import scan
from router.gate.departure import Departures, GateRules, Outgoing
from router.gate.known_values import KnownValues
from router.gate.sealer import Sealer
from router.gate.token import gate_keys
from router.label import Integrity, Label, Level
from router.ledger.chain import open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.policy_file import default_policy

SECRET = bytes(32)
TARGET_MS = 10.0
_WORD = "The delivery of the printer is late and the customer asks when it will come. "


@dataclass
class Socket:
    """Stands where the provider would: notes when each request's bytes reach it."""

    reached: list[float] = field(default_factory=list)

    async def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        self.reached.append(time.perf_counter())
        yield ChatDelta(text="Fine", finish_reason="stop")
        yield ChatDelta(usage=Usage(1, 1))

    async def close(self) -> None:
        return None


def outgoing(card: ModelCard, sealer: Sealer, policy_digest: str, characters: int) -> Outgoing:
    """A sealed request with a prompt of that many characters."""
    text = (_WORD * (characters // len(_WORD) + 1))[:characters]
    label = Label(Level.INTERNAL, integrity=Integrity.USER, tenants=frozenset({"default"}))
    payload = wire_body(card, ChatRequest(card.id, (Message("user", text),)))
    origin = Origin("req", "dec", "default", "request", label.to_json(), policy_digest)
    return Outgoing(sealer.seal(card.id, origin, payload), payload, card.id, "default")


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds at the gate of every request, and the processor's per request, all in all."""

    taken: list[float]
    cpu_ms: float


async def measure(folder: Path, rate: float, seconds: float, characters: int) -> Measured:
    """What requests at that rate cost."""
    card = load_catalog([builtin_catalog()]).card("chatgpt")
    keys, policy, socket = gate_keys(SECRET), default_policy(), Socket()
    ledger = GroupCommit(open_sqlite_chain(folder / "ledger.sqlite", head_key(SECRET)))
    rules = GateRules(keys, policy, {card.id: card}, (KnownValues(["sk-not-there-0001"]), scan))
    gate = Departures(rules, {card.id: socket}, ledger)
    sealer, taken = Sealer(keys), list[float]()

    async def one() -> None:
        request = outgoing(card, sealer, policy.digest, characters)
        started = time.perf_counter()
        stream = gate.stream(request, Deadline.after(30))
        await anext(stream)
        taken.append((socket.reached[-1] - started) * 1000.0)
        async for _ in stream:
            continue

    await one()
    taken.clear()
    before = time.process_time()
    try:
        await _on_schedule(one, rate, int(rate * seconds))
    finally:
        await asyncio.to_thread(ledger.close)
    return Measured(taken, (time.process_time() - before) * 1000.0 / len(taken))


async def _on_schedule(one: Callable[[], Awaitable[None]], rate: float, count: int) -> None:
    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            group.create_task(_run(one))


async def _run(one: Callable[[], Awaitable[None]]) -> None:
    await one()


def report(measured: Measured, rate: float, characters: int, load: float) -> dict[str, object]:
    """The figures of one run; `load` is that of the machine before it."""
    ranked = sorted(measured.taken)
    cuts = statistics.quantiles(ranked, n=100, method="inclusive")
    p99 = cuts[98]
    return {
        "requests": len(ranked),
        "rate_per_s": rate,
        "prompt_characters": characters,
        "gate_ms": {
            "p50": round(cuts[49], 2),
            "p90": round(cuts[89], 2),
            "p99": round(p99, 2),
            "max": round(ranked[-1], 2),
        },
        "cpu_ms_per_request": round(measured.cpu_ms, 2),
        "load_before": round(load, 2),
        "logical_cpus": os.cpu_count(),
        "target_p99_ms": TARGET_MS,
        "met": p99 < TARGET_MS,
    }


def main() -> None:
    """Print the figures as one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long")
    parser.add_argument("--characters", type=int, default=400, help="length of the prompt")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="podium-gate-") as folder:
        measured = asyncio.run(measure(Path(folder), asked.rate, asked.seconds, asked.characters))
    print(json.dumps(report(measured, asked.rate, asked.characters, load), indent=2))


if __name__ == "__main__":
    main()
