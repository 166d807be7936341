"""The load generator: `python -m bench.load` reads jobs on stdin and writes samples on stdout.

A process of its own, so that measuring costs neither server anything but its share of the machine;
while a job runs it only stores bytes and times, and reads them when the last answer is complete.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from bench.prompts import prompt
from bench.samples import Answer, Job, Read, Sample, job_from, read_answer, to_line

_REQUEST_S = 300.0
_BANNED = -100.0


@dataclass(frozen=True, slots=True)
class _Raw:
    seed: int
    started_ms: float
    ended_ms: float
    reads: tuple[Read, ...]
    failure: str | None


async def run_job(job: Job) -> list[Sample]:
    """Send the job's requests and tell how each went, in the order of its seeds."""
    waiting = deque(job.seeds)
    done: list[_Raw] = []
    origin = time.perf_counter()

    async def worker(session: aiohttp.ClientSession) -> None:
        while waiting:
            done.append(await _request(session, job, waiting.popleft(), origin))

    timeout = aiohttp.ClientTimeout(total=_REQUEST_S)
    connector = aiohttp.TCPConnector(limit=job.concurrency)
    headers = {"authorization": f"Bearer {job.key}", "content-type": "application/json"}
    async with (
        aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(job.concurrency):
            group.create_task(worker(session))
    order = {seed: place for place, seed in enumerate(job.seeds)}
    return [_sample(job, raw) for raw in sorted(done, key=lambda raw: order[raw.seed])]


async def _request(session: aiohttp.ClientSession, job: Job, seed: int, origin: float) -> _Raw:
    body = json.dumps(request_body(job, seed)).encode()
    reads: list[Read] = []
    failure = None
    start = time.perf_counter()
    try:
        async with session.post(f"{job.url}/v1/chat/completions", data=body) as response:
            async for data in response.content.iter_any():
                reads.append(Read((time.perf_counter() - start) * 1000, data))
        if response.status != HTTPStatus.OK:
            failure = f"the server answered {response.status}{_said(reads)}"
    except (aiohttp.ClientError, TimeoutError) as error:
        failure = f"the connection failed: {type(error).__name__}"
    end = time.perf_counter()
    return _Raw(seed, (start - origin) * 1000, (end - origin) * 1000, tuple(reads), failure)


def _said(reads: Sequence[Read]) -> str:
    """The message of an error in OpenAI's shape; a proxy's own page is only called that."""
    try:
        error = json.loads(b"".join(read.data for read in reads))["error"]
        return f" ({error['code']}: {error['message']})"
    except (ValueError, KeyError, TypeError):
        return " (with a page of its proxy)"


def request_body(job: Job, seed: int) -> Mapping[str, Any]:
    """The body both servers get, word for word."""
    return {
        "model": job.model,
        "messages": [{"role": "user", "content": prompt(seed)}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": job.tokens,
        "temperature": 0.0,
        "seed": seed,
        "logit_bias": {str(token): _BANNED for token in job.never},
    }


def _sample(job: Job, raw: _Raw) -> Sample:
    answer = Answer() if raw.failure else read_answer(raw.reads)
    return Sample(
        side=job.side,
        round=job.round,
        concurrency=job.concurrency,
        seed=raw.seed,
        started_ms=raw.started_ms,
        ended_ms=raw.ended_ms,
        tokens=answer.tokens,
        prompt_tokens=answer.prompt_tokens,
        chunks_ms=tuple(answer.chunks_ms),
        digest=answer.digest,
        error=raw.failure or answer.error,
    )


def main() -> int:
    """Serve jobs, one JSON line each, until stdin closes; a blank line ends each one's samples."""
    for line in sys.stdin:
        job = job_from(line)
        gc.collect()
        gc.disable()
        samples = asyncio.run(run_job(job))
        gc.enable()
        for sample in samples:
            print(to_line(sample))
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
