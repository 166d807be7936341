"""Serving the stub on loopback until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from deployments.stub.app import Stub

HOST = "127.0.0.1"


def serve(stub: Stub, port: int, ready: Callable[[str], None]) -> None:
    """Listen on loopback, tell `ready` the base URL, and answer until a signal comes.

    Port 0 takes any free one.
    """
    with listening(port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}/v1"
        try:
            asyncio.run(_serve(stub, listener, lambda: ready(address)))
        finally:
            stub.capture.close()


def listening(port: int) -> socket.socket:
    """A socket on loopback whose connections send every piece of an answer at once.

    asyncio sees to that by itself only for sockets that say their protocol; without it every second
    piece waits for the other side's acknowledgement, 40 ms.
    """
    listener = socket.create_server((HOST, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def _serve(stub: Stub, listener: socket.socket, ready: Callable[[], None]) -> None:
    server = uvicorn.Server(stub_config(stub))
    asyncio.get_running_loop().call_soon(ready)
    await server.serve(sockets=[listener])


def stub_config(stub: Stub) -> uvicorn.Config:
    """How uvicorn serves a stub: no logs of its own, no waiting for open streams."""
    return uvicorn.Config(
        stub.application(),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
