"""One process of Copilot's runtime, made for one answer and ended with it.

Nothing is shared between two answers: neither a session, nor a folder, nor a process. The SDK comes
in from `models.remote.copilot`, the one file that imports it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any

from models.quiet import quiet_environment

_KILL_S = 5.0
_FAILED_TO_END = (OSError, TimeoutExpired, RuntimeError)
_UNREADABLE = (AssertionError, AttributeError, TypeError, ValueError, LookupError)


class Gone(Exception):
    """The runtime closed its side before the answer was whole."""


class Silent(Exception):
    """The runtime said nothing for too long."""


class TooMuch(Exception):
    """The runtime sent more than its row allows."""


def environment(folder: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """All that the runtime finds in its environment; no key but the one the SDK adds for it.

    No proxy and no certificate paths, and a home that is empty and goes away.
    """
    own = {
        "PATH": inherited.get("PATH", os.defpath),
        "HOME": folder,
        "TMPDIR": folder,
        "XDG_CONFIG_HOME": folder,
        "XDG_CACHE_HOME": folder,
        "LANG": "C.UTF-8",
        "COPILOT_SKIP_CLI_DOWNLOAD": "1",
    }
    return quiet_environment() | own


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until a runtime must stand, seconds it may be silent, and characters it may send."""

    start_s: float
    silence_s: float
    size: int


class Runtime:
    """A process with at most one session; its events come by `anext`, up to the idle one.

    `make` gives the SDK's client for a folder; that client calls `spawned` and `attach`. Whatever
    takes too long raises Silent.
    """

    def __init__(self, make: Callable[[Runtime, str], Any], limits: Limits) -> None:
        self._folder = TemporaryDirectory(prefix="podium-copilot-", ignore_cleanup_errors=True)
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._limits = limits
        self._left = limits.size
        self._over = False
        self._process: Any = None
        self._ending: asyncio.Task[None] | None = None
        self._client = make(self, self._folder.name)

    async def start(self) -> None:
        """Start the process and agree on the protocol; raises what the SDK raises, and Silent."""
        async with _by(self._limits.start_s):
            await self._client.start()

    async def ask(self, text: str, **session: Any) -> None:
        """Open the session and give it its prompt; raises what the SDK raises, and Silent."""
        async with _by(self._limits.silence_s):
            made = await self._client.create_session(
                on_event=self._events.put_nowait, working_directory=self._folder.name, **session
            )
            await made.send(text)

    def spawned(self, process: Any) -> None:
        """The SDK forgets a process that it ended, and leaves its pipes open."""
        self._process = process

    def attach(self, connection: Any) -> None:
        """Learn what the SDK tells nobody: a message it can't read, and the end of the connection.

        Unread, a message would stand in asyncio's log with all it holds, and the answer would hang.
        """
        loop, handle, closed = (
            asyncio.get_running_loop(),
            connection.notification_handler,
            connection.on_close,
        )

        def read(method: str, params: Any) -> None:
            try:
                self._count(params)
                handle(method, params)
            except (TooMuch, *_UNREADABLE) as error:
                self._events.put_nowait(error)

        def gone() -> None:
            closed()
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._events.put_nowait, Gone())

        connection.set_notification_handler(read)
        connection.on_close = gone

    def __aiter__(self) -> Runtime:
        return self

    async def __anext__(self) -> Any:
        if self._over:
            raise StopAsyncIteration
        async with _by(self._limits.silence_s):
            event = await self._events.get()
        if isinstance(event, Gone):
            raise StopAsyncIteration
        if isinstance(event, Exception):
            raise event
        self._over = event.type.value == "session.idle"
        return event

    async def close(self) -> None:
        """End the process and remove its folder; a cancelled caller does not keep either."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        try:
            with suppress(*_FAILED_TO_END):
                await self._client.force_stop()
            if self._process is not None:
                await asyncio.to_thread(_end_process, self._process)
        finally:
            self._folder.cleanup()
            # The SDK tells of a connection's end only if it did not end it itself.
            self._events.put_nowait(Gone())

    def _count(self, params: Any) -> None:
        data = params["event"].get("data", {}) if "event" in params else {}
        self._left -= sum(len(value) for value in data.values() if isinstance(value, str))
        if self._left < 0:
            raise TooMuch


@asynccontextmanager
async def _by(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Silent from None


def _end_process(process: Any) -> None:
    """Kill what still runs; closing its input is the sign to end for what it may have started."""
    if process.poll() is None:
        process.kill()
        process.wait(timeout=_KILL_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):
            pipe.close()
