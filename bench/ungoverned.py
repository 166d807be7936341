"""Chat without governance, beside a running Podium: `python -m bench.ungoverned`, by its bench.

A second application of the same Serve, in a replica of the same size behind the same HAProxy. It
reads the same body, asks the same engine over the same kind of handle and writes the same stream;
it knows no key, label, policy, limit, budget, ledger, log or metric.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ray import get_runtime_context, serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.servers import MODEL
from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.near_remote import NearRemote
from deployments.near_streams import NearStreams
from deployments.ports import RemoteChatModel
from deployments.replica_environment import enter_replica
from deployments.stream_mailbox import open_mailbox
from deployments.wire.body import read_json
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_request import chat_request
from deployments.wire.chat_response import ChunkWriter
from deployments.wire.event_stream import EventStream
from models.deadline import Deadline
from models.messages import ChatRequest, Usage

PREFIX = "/ungoverned"
_SECONDS = 300.0
_BODY_BYTES = 32 * 1024 * 1024
# Neither side may find in the engine's cache what the other one asked.
_SALT = uuid.uuid4().hex


@serve.deployment
@serve.ingress()
class Ungoverned:
    """The ingress of the other side."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it
        enter_replica("ungoverned")
        handle = serve.get_deployment_handle(f"LLM-{MODEL}", "podium")
        node = get_runtime_context().get_node_id()
        mailbox = await open_mailbox(Home(Path(os.environ["PODIUM_HOME"])).run, node)
        near = NearRemote(NearStreams(ServeRemote(handle, MODEL), mailbox), node)
        self._model = RemoteChatModel(near)

    def __serve_build_asgi_app__(self) -> Any:
        return Starlette(routes=[Route("/v1/chat/completions", self._create, methods=["POST"])])

    async def _create(self, request: Request) -> Response:
        body = await read_json(request, ChatBody, _BODY_BYTES)
        wanted = chat_request(body, MODEL, uuid.uuid4().hex, _SALT)
        return EventStream(self._events(wanted), {})

    async def _events(self, wanted: ChatRequest) -> AsyncGenerator[bytes, None]:
        writer, usage = ChunkWriter(MODEL, include_usage=True), Usage()
        stream: Any = self._model.stream(wanted, Deadline.after(_SECONDS))
        async with aclosing(stream):
            async for delta in stream:
                usage = delta.usage or usage
                if event := writer.delta(delta):
                    yield event
        yield writer.last(usage, {})


def main(address: str) -> None:
    """Deploy it into the Ray at `address`; the token stands in the environment."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    options = Ungoverned.options(  # type: ignore[attr-defined]
        ray_actor_options={"num_cpus": 0.5}, max_ongoing_requests=512, health_check_period_s=10
    )
    serve.run(options.bind(), name="ungoverned", route_prefix=PREFIX)


if __name__ == "__main__":
    main(sys.argv[1])
