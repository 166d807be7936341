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
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import psutil
import yaml

from bench.child import Child
from bench.machine import about_machine
from bench.paired import quantile
from bench.servers import STOP_S, Server, Starting, without_settings
from deployments.home import Home
from models.quiet import quiet_environment

MODEL = "bench"
_START_S = 60.0
_SLOW, _STREAM = "slow", "stream"
_SCRIPT = {
    "rows": [
        {"match": _SLOW, "reply": "Fine.", "words": 1, "pace": 5},
        {"match": _STREAM, "reply": "word", "words": 100, "pace": 20},
        {"reply": "Fine."},
    ]
}
_STREAM_WORDS = 100
_TARGETS = {"added_p50_ms": 6.0, "added_p99_ms": 15.0, "requests_per_s": 250.0, "delta_p99_ms": 2.0}

Client = Any


def start_stub(stack: ExitStack, folder: Path) -> str:
    """Start the stub with the script of this measurement; its base URL."""
    script, log = folder / "stub.yaml", folder / "stub.log"
    script.write_text(yaml.safe_dump(_SCRIPT), encoding="utf-8")
    words = [sys.executable, "-m", "deployments.cli.main", "stub", "--script", str(script)]
    child = Child("the stub", words, _environment(), log)
    stack.callback(child.stop, STOP_S)
    return child.wait_until(lambda: _base_url(log), _START_S)


def _base_url(log: Path) -> str | None:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("ready base_url="):
            return line.removeprefix("ready base_url=").strip()
    return None


def start_podium(stack: ExitStack, folder: Path, base_url: str) -> Server:
    """Start Podium with one model outside, the stub, and no model inside but an embedder."""
    rows = folder / "catalog"
    rows.mkdir()
    row = {
        "id": MODEL, "dialect": "openai_compatible", "base_url": base_url, "site": "openai",
        "vendor_model": "bench-1", "region": "us", "clearance": {"level": "INTERNAL"},
        "capabilities": ["chat"], "allow_insecure": True, "price": {"in": 1, "out": 2},
    }  # fmt: skip
    (rows / "bench.yaml").write_text(yaml.safe_dump([row]), encoding="utf-8")
    home = folder / "home"
    podium = str(Path(sys.executable).with_name("podium"))
    settings = {
        "PODIUM_MODELS": '["embed"]',
        "PODIUM_REMOTE": "on",
        "PODIUM_CATALOG": json.dumps([str(rows)]),
        "PODIUM_GATEWAY__LIMITS__IN_FLIGHT": "1024",
    }
    child = Child(
        "podium up",
        [podium, "up", "--profile", "embedded", "--port", "0", "--home", str(home)],
        _environment() | settings,
        folder / "podium.log",
    )
    stack.callback(child.stop, STOP_S)
    return Starting(child, home=Home(home)).settle()


@contextmanager
def both_sides(home: Path | None) -> Iterator[tuple[Server, Server]]:
    """The stub and Podium in front of it, stopped at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=home)))
        base_url = start_stub(stack, folder)
        podium = start_podium(stack, folder, base_url)
        yield Server(base_url), Server(f"{podium.url}/v1", podium.key)


def client_of(side: Server) -> Client:
    """The official SDK, as anybody makes it."""
    from openai import AsyncOpenAI

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=600)
    http = httpx2.AsyncClient(limits=limits, timeout=120.0, trust_env=False)
    return AsyncOpenAI(base_url=side.url, api_key=side.key, max_retries=0, http_client=http)


async def burst(client: Client, text: str, count: int, concurrency: int) -> list[float]:
    """Milliseconds of each of `count` calls, so many at a time."""
    taken: list[float] = []
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            begun = time.perf_counter()
            await client.chat.completions.create(
                model=MODEL, max_tokens=8, messages=[{"role": "user", "content": text}]
            )
            taken.append((time.perf_counter() - begun) * 1000)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())
    return taken


async def streamed(client: Client, count: int) -> tuple[list[float], int]:
    """Milliseconds between the pieces of `count` streams at once, and the words that came."""
    gaps: list[float] = []
    words = 0

    async def one() -> None:
        nonlocal words
        before = None
        stream = await client.chat.completions.create(
            model=MODEL, stream=True, messages=[{"role": "user", "content": _STREAM}]
        )
        async for chunk in stream:
            if not (chunk.choices and chunk.choices[0].delta.content):
                continue
            now, words = time.perf_counter(), words + 1
            if before is not None:
                gaps.append((now - before) * 1000)
            before = now

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    return gaps, words


async def latencies(
    direct: Client, governed: Client, text: str, concurrency: int, rounds: int, each: int
) -> dict[str, float]:
    """What governing adds, over rounds that take turns; milliseconds."""
    sides: dict[str, list[float]] = {"direct": [], "governed": []}
    added: dict[str, list[float]] = {"p50": [], "p99": []}
    for number in range(rounds):
        turn = [("direct", direct), ("governed", governed)]
        times = {}
        for name, client in turn if number % 2 else reversed(turn):
            times[name] = await burst(client, text, each, concurrency)
            sides[name] += times[name]
        for key, share in (("p50", 0.5), ("p99", 0.99)):
            gap = quantile(times["governed"], share) - quantile(times["direct"], share)
            added[key].append(gap)
    return {
        "added_p50_ms": median(added["p50"]),
        "added_p99_ms": quantile(sides["governed"], 0.99) - quantile(sides["direct"], 0.99),
        "direct_p50_ms": quantile(sides["direct"], 0.5),
        "governed_p50_ms": quantile(sides["governed"], 0.5),
        "direct_p99_ms": quantile(sides["direct"], 0.99),
        "governed_p99_ms": quantile(sides["governed"], 0.99),
    }


async def throughput(client: Client, count: int, concurrency: int) -> float:
    """Requests a second with a stub that answers at once."""
    begun = time.perf_counter()
    await burst(client, "now", count, concurrency)
    return count / (time.perf_counter() - begun)


def resident() -> dict[str, float]:
    """MiB of the replicas on the way, by deployment."""
    found: dict[str, float] = {}
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        for name in ("Gateway", "Egress", "State"):
            if words.startswith("ray::ServeReplica") and f":{name}" in words:
                found[name] = round(process.memory_info().rss / 2**20, 1)
    return found


async def measure(direct_at: Server, governed_at: Server, asked: argparse.Namespace) -> Any:
    """Every figure, in order; each part says what it does on stderr."""
    direct, governed = client_of(direct_at), client_of(governed_at)
    report: dict[str, Any] = {"rounds": asked.rounds, "latency": {}, "targets": _TARGETS}
    for _ in range(3):
        await burst(governed, "now", 50, 8)
        await burst(direct, "now", 50, 8)
    for concurrency in asked.concurrency:
        for text in (_SLOW, "now"):
            _note(f"latency, {text}, {concurrency} at a time")
            each = asked.each * max(1, concurrency // 2) if text == "now" else asked.each
            found = await latencies(direct, governed, text, concurrency, asked.rounds, each)
            report["latency"][f"{text}-c{concurrency}"] = _rounded(found)
    _note("throughput")
    rates = [await throughput(governed, 50 * asked.each, 32) for _ in range(3)]
    report["requests_per_s"] = {
        "governed": round(median(rates), 1),
        "direct": round(await throughput(direct, 50 * asked.each, 32), 1),
    }
    report["streams"] = await _streams(direct, governed, asked.streams)
    report["resident_mib"] = await _memory(governed, asked.requests)
    await direct.close()
    await governed.close()
    return report


async def _streams(direct: Client, governed: Client, many: int) -> dict[str, Any]:
    _note("streams")
    gaps = {}
    for name, client in (("direct", direct), ("governed", governed)):
        found, _ = await streamed(client, 4)
        gaps[name] = quantile(found, 0.99)
    _note(f"{many} streams at once")
    _, words = await streamed(governed, many)
    return {
        "delta_added_p99_ms": round(gaps["governed"] - gaps["direct"], 2),
        "at_once": many,
        "words_lost": many * _STREAM_WORDS - words,
    }


async def _memory(governed: Client, requests: int) -> dict[str, Any]:
    seen = {0: resident()}
    for part in range(1, 5):
        _note(f"memory, {part * requests // 4} requests")
        await burst(governed, "now", requests // 4, 16)
        seen[part * requests // 4] = resident()
    return {str(count): sizes for count, sizes in seen.items()}


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in found.items()}


def _environment() -> dict[str, str]:
    import os

    return without_settings(os.environ) | quiet_environment()


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(words: list[str], say: Callable[[str], None] = print) -> int:
    """Measure, and print one JSON document."""
    options = _options(words)
    with both_sides(options.folder) as (direct, governed):
        report = asyncio.run(measure(direct, governed, options))
    machine = about_machine(words) | {"command": "python -m bench.remote"}
    say(json.dumps({"machine": machine, **report}, indent=2))
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.remote", description=__doc__)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--each", type=int, default=40, help="calls of a side in a round")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--requests", type=int, default=10_000, help="for the memory's course")
    parser.add_argument("--folder", type=Path, help="where homes are made for the time being")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
