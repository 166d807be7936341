"""The load of `bench.remote`: calls by OpenAI's SDK where time is told, bare HTTP where it isn't.

The SDK's own work is on both sides of a latency. In a throughput it would take a third of a machine
of two cores from the servers, so that is driven by aiohttp.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import accumulate
from typing import Any

import aiohttp
import httpx2

from bench.remote_sides import MODEL
from bench.servers import Server

_REQUEST_S = 120.0
# Less than any server keeps one that is idle: else it may close it in the moment of a request.
_KEPT_S = 2.0
Client = Any


def client_of(side: Server) -> Client:
    """The official SDK, as anybody makes it."""
    from openai import AsyncOpenAI

    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=600, keepalive_expiry=_KEPT_S
    )
    http = httpx2.AsyncClient(limits=limits, timeout=_REQUEST_S, trust_env=False)
    return AsyncOpenAI(base_url=side.url, api_key=side.key, max_retries=0, http_client=http)


async def burst(client: Client, text: str, count: int, concurrency: int) -> list[float]:
    """Milliseconds of each of `count` calls, so many at a time.

    All workers begin in the same moment, and where the answer takes a fixed time they stay in step:
    every call finds the others before it at each place on its way.
    """
    taken: list[float] = []
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            begun = time.perf_counter()
            await _ask(client, text)
            taken.append((time.perf_counter() - begun) * 1000)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())
    return taken


def arrivals(seed: int, count: int, rate: float) -> list[float]:
    """Seconds from the start at which each of `count` calls comes, `rate` a second, at random."""
    draw = random.Random(f"arrivals {seed}")  # noqa: S311 - to be drawn again from the same seed
    return list(accumulate(draw.expovariate(rate) for _ in range(count)))


async def open_load(client: Client, text: str, due: Sequence[float]) -> list[float]:
    """Milliseconds of each call from when it was due, whether those before it have ended or not."""
    taken: list[float] = []
    start = time.perf_counter()

    async def one(at: float) -> None:
        await asyncio.sleep(start + at - time.perf_counter())
        await _ask(client, text)
        taken.append((time.perf_counter() - start - at) * 1000)

    async with asyncio.TaskGroup() as group:
        for at in due:
            group.create_task(one(at))
    return taken


async def _ask(client: Client, text: str) -> None:
    await client.chat.completions.create(
        model=MODEL, max_tokens=8, messages=[{"role": "user", "content": text}]
    )


@dataclass(slots=True)
class Streamed:
    """Milliseconds to the first word of each stream and between the next ones; words that came."""

    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    words: int = 0
    failed: int = 0
    seconds: float = 0.0


async def streams(client: Client, text: str, count: int) -> Streamed:
    """What `count` streams at once bring."""
    seen, begun = Streamed(), time.perf_counter()

    async def one() -> None:
        before, start = None, time.perf_counter()
        stream = await client.chat.completions.create(
            model=MODEL, stream=True, messages=[{"role": "user", "content": text}]
        )
        async for chunk in stream:
            if not (chunk.choices and chunk.choices[0].delta.content):
                continue
            now = time.perf_counter()
            gap = (now - (start if before is None else before)) * 1000
            (seen.first if before is None else seen.gaps).append(gap)
            seen.words, before = seen.words + 1, now

    ended, _ = await asyncio.wait([asyncio.create_task(one()) for _ in range(count)])
    seen.failed = sum(task.exception() is not None for task in ended)
    seen.seconds = time.perf_counter() - begun
    return seen


async def requests_per_s(side: Server, text: str, count: int, concurrency: int) -> float:
    """Whole answers a second by bare HTTP; raises RuntimeError when one is no answer."""
    message = {"role": "user", "content": text}
    body = json.dumps({"model": MODEL, "max_tokens": 8, "messages": [message]}).encode()
    headers = {"authorization": f"Bearer {side.key}", "content-type": "application/json"}
    left = iter(range(count))

    async def worker(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{side.url}/chat/completions", data=body) as response:
                answer = await response.read()
            if response.status != HTTPStatus.OK or b'"choices"' not in answer:
                raise RuntimeError(f"{response.status} in the throughput")

    timeout = aiohttp.ClientTimeout(total=_REQUEST_S)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=timeout
    ) as session:
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker(session))
        return count / (time.perf_counter() - begun)
