"""The provider stub on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import uvicorn

from deployments.stub.app import Stub
from deployments.stub.capture import Capture
from deployments.stub.script import Row, Script
from deployments.stub.serve import listening, stub_config
from tests.forward import Forward

PATIENCE_S = 30.0


class StubServer:
    """A stub that follows `rows`; `received` is what came, oldest first.

    `forward` makes so many seconds pass for the stub.
    """

    forward: Forward

    def __init__(self, *rows: Row, pace: float | None = None) -> None:
        self.stub = Stub(Script(rows or (Row(),)), Capture(), pace)
        self._socket = listening(0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._server = uvicorn.Server(stub_config(self.stub))
        self._server.install_signal_handlers = lambda: None
        self._thread = threading.Thread(target=self._run, name="stub", daemon=True)

    def __enter__(self) -> StubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()
        assert not self._thread.is_alive(), "the stub did not stop in time"

    @property
    def received(self) -> list[dict[str, Any]]:
        return self.stub.capture.requests

    def tell(self, *rows: Row) -> None:
        """Follow these rows from now on, and forget what came."""
        self.stub.script = Script(rows)
        self.received.clear()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.forward = Forward(asyncio.get_running_loop())
        await self._server.serve(sockets=[self._socket])
