"""A real HTTP server on loopback in a thread of its own, stopped by the test that started it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvicorn

from deployments.gateway_app import gateway_app
from tests.forward import Forward
from tests.wire.stage import Stage

T = TypeVar("T")
PATIENCE_S = 30.0


class Server:
    """Serves a stage; `stage` belongs to the server's loop, so it is touched through `on_loop`.

    `forward` makes so many seconds pass on that loop.
    """

    forward: Forward

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop
        self._uvicorn: uvicorn.Server
        self._failure: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    def start(self) -> Server:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the server did not start in time"
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(setattr, self._uvicorn, "should_exit", True)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the server did not stop in time"
        self._socket.close()

    def key(self, name: str = "admin") -> str:
        return str(self.stage.keys[name])

    def headers(self, key: str = "admin") -> dict[str, str]:
        return {"authorization": f"Bearer {self.key(key)}"}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def on_loop(self, change: Callable[[Stage], Any]) -> Any:
        """What `change` gives, called with the stage on the server's loop."""

        async def call() -> Any:
            return change(self.stage)

        return self.run(call())

    def wait_for(self, event: asyncio.Event) -> None:
        """Return when an event of the stage is set; fails after a generous while."""
        self.run(asyncio.wait_for(event.wait(), PATIENCE_S))

    def until(self, true: Callable[[Stage], Any]) -> None:
        """Return when the stage has become so; fails after a generous while."""
        end = time.monotonic() + PATIENCE_S
        while not self.on_loop(true):
            assert time.monotonic() < end, "it did not come true in time"
            time.sleep(0.01)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.forward = Forward(self._loop)
        await self.stage.open()
        config = uvicorn.Config(
            gateway_app(self.stage.gateway),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        self._uvicorn = uvicorn.Server(config)
        self._uvicorn.install_signal_handlers = lambda: None
        self._loop.call_soon(self._ready.set)
        try:
            await self._uvicorn.serve(sockets=[self._socket])
        finally:
            await self.stage.close()
