"""The load for the rungs below HTTP, in the words of `bench.load`.

`python -m bench.load_port engine` has vLLM's engine in this very process; `… handle ADDRESS` joins
a running Podium's Ray and asks its chat deployment as the gateway does: through the door of its
replica, which Serve has told.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import os
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from bench.load import request_body
from bench.samples import Job, Sample, job_from, to_line
from bench.servers import MODEL, packaged_card
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_request import chat_request
from models.deadline import Deadline
from models.errors import PodiumError
from models.messages import ChatRequest, Usage
from models.ports import ChatModel

_REQUEST_S = 300.0


@dataclass(slots=True)
class _Heard:
    seed: int
    started_ms: float
    ended_ms: float = 0.0
    chunks_ms: list[float] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    usage: Usage | None = None
    error: str | None = None


async def run_job(model: ChatModel, job: Job) -> list[Sample]:
    """Ask the job's questions and tell how each went, in the order of its seeds."""
    # Neither rung may find in an engine's cache what another one asked.
    salt = uuid.uuid4().hex
    waiting = deque((seed, _wanted(job, seed, salt)) for seed in job.seeds)
    done: dict[int, _Heard] = {}
    origin = time.perf_counter()

    async def worker() -> None:
        while waiting:
            seed, wanted = waiting.popleft()
            done[seed] = await _ask(model, seed, wanted, origin)

    async with asyncio.TaskGroup() as group:
        for _ in range(job.concurrency):
            group.create_task(worker())
    return [_sample(job, done[seed]) for seed in job.seeds]


def _wanted(job: Job, seed: int, salt: str) -> ChatRequest:
    body = ChatBody.model_validate_json(json.dumps(request_body(job, seed)))
    return chat_request(body, MODEL, uuid.uuid4().hex, salt)


async def _ask(model: ChatModel, seed: int, wanted: ChatRequest, origin: float) -> _Heard:
    start = time.perf_counter()
    heard = _Heard(seed, (start - origin) * 1000)
    stream: Any = model.stream(wanted, Deadline.after(_REQUEST_S))
    try:
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                if delta.text:
                    heard.chunks_ms.append((time.perf_counter() - start) * 1000)
                    heard.text.append(delta.text)
                heard.usage = delta.usage or heard.usage
    except PodiumError as error:
        heard.error = error.message
    heard.ended_ms = (time.perf_counter() - origin) * 1000
    return heard


def _sample(job: Job, heard: _Heard) -> Sample:
    return Sample(
        side=job.side,
        round=job.round,
        concurrency=job.concurrency,
        seed=heard.seed,
        started_ms=heard.started_ms,
        ended_ms=heard.ended_ms,
        tokens=heard.usage.completion_tokens if heard.usage else 0,
        prompt_tokens=heard.usage.prompt_tokens if heard.usage else 0,
        chunks_ms=tuple(heard.chunks_ms),
        digest=hashlib.sha256("".join(heard.text).encode()).hexdigest()[:16],
        error=heard.error,
    )


@asynccontextmanager
async def engine() -> AsyncIterator[ChatModel]:
    """An engine of vLLM on the catalog's weights with the catalog's settings."""
    from models.local.vllm_engine import VllmEngine
    from models.local.vllm_settings import VllmSettings
    from models.weights import weights_folder

    card = packaged_card()
    settings = VllmSettings.model_validate(card.engine)
    made = VllmEngine(card.id, weights_folder(card), settings)
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def handle(address: str) -> AsyncIterator[ChatModel]:
    """The chat deployment of the Podium in that Ray; its token stands in the environment."""
    import ray
    from ray import serve

    from deployments.handles import ServeRemote
    from deployments.near_remote import NearRemote
    from deployments.near_streams import NearStreams
    from deployments.ports import RemoteChatModel
    from deployments.stream_mailbox import open_mailbox

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    remote = ServeRemote(serve.get_deployment_handle(f"LLM-{MODEL}", "podium"), MODEL)
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        node = ray.get_runtime_context().get_node_id()
        mailbox = await open_mailbox(Path(folder), node)
        near = NearRemote(NearStreams(remote, mailbox), node)
        if not await near.found():
            raise SystemExit(f"'{MODEL}' has no door here; look for \"no door\" in its log.")
        yield RemoteChatModel(near)
        mailbox.close()


async def serve_jobs(model: ChatModel, out: TextIO) -> None:
    """Jobs from stdin until it closes; a blank line ends the samples of each."""
    async for line in _lines():
        gc.collect()
        gc.disable()
        samples = await run_job(model, job_from(line))
        gc.enable()
        for sample in samples:
            print(to_line(sample), file=out)
        print(file=out, flush=True)


async def _lines() -> AsyncGenerator[str, None]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line


async def _run(words: list[str], out: TextIO) -> None:
    rung = handle(words[1]) if words[0] == "handle" else engine()
    async with rung as model:
        await serve_jobs(model, out)


def main(words: list[str]) -> int:
    """Serve jobs; stdout is kept for samples, whatever a library prints goes to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        asyncio.run(_run(words, out))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
