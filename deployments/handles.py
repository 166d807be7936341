"""Calls between deployments: one transport, one owner of deadlines and of cancellation.

Ray Serve does not stop remote work when an awaited response is dropped, so every call here
cancels what it started when the caller times out, fails or goes away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.serve.exceptions import (
    BackPressureError,
    DeploymentUnavailableError,
    RayServeException,
)
from ray.serve.handle import DeploymentHandle

from deployments.call_errors import RETRY_AFTER_S, lost, too_late, unavailable
from models.deadline import Deadline
from models.errors import InternalError, Overloaded, PodiumError

# So many sessions keep the handle that was made for them.
_SESSIONS = 1024
Affinity: TypeAlias = Callable[[Sequence[object]], str | None]


class ServeRemote:
    """A Remote over a handle of Ray Serve; made once, for making handle options costs per request.

    `affinity` gives the session of a call: those of one go to one replica, where its deployment's
    router heeds it.
    Payloads go over gRPC as plain pickles: the object store would cost more than it saves for
    small messages, and the JSON serializers lose the type of an error.
    """

    def __init__(self, handle: Any, name: str, affinity: Affinity | None = None) -> None:
        self.name = name
        self._affinity = affinity
        self._handle: DeploymentHandle[Any] = handle.options(
            _by_reference=False, request_serialization="pickle", response_serialization="pickle"
        )
        self._methods: dict[tuple[str, bool], Any] = {}
        self._sessions = lru_cache(_SESSIONS)(self._session)

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; raises PodiumError only."""
        response = self._for(method, False, args).remote(*args)
        done = False
        try:
            with _podium_errors(self.name):
                async with asyncio.timeout(deadline.remaining()):
                    answer = await response
            done = True
        finally:
            if not done:
                response.cancel()
        return answer

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come; closing this stops the remote one."""
        response = self._for(method, True, args).remote(*args)
        items = aiter(response)
        done = False
        try:
            while not done:
                with _podium_errors(self.name):
                    async with asyncio.timeout(deadline.remaining()):
                        item = await anext(items, _END)
                if item is _END:
                    done = True
                else:
                    yield item
        finally:
            if not done:
                response.cancel()

    def _for(self, method: str, stream: bool, args: tuple[object, ...]) -> Any:
        session = self._affinity(args) if self._affinity else None
        found = self._method(method, stream=stream)
        return self._sessions(method, stream, session) if session else found

    def _session(self, method: str, stream: bool, session: str) -> Any:
        return self._method(method, stream=stream).options(session_id=session)

    def _method(self, method: str, *, stream: bool) -> Any:
        key = (method, stream)
        if key not in self._methods:
            self._methods[key] = self._handle.options(method_name=method, stream=stream)
        return self._methods[key]


_END = object()


@contextmanager
def _podium_errors(name: str) -> Iterator[None]:
    try:
        yield
    except PodiumError:
        raise
    except TimeoutError as error:
        raise too_late(name) from error
    except BackPressureError as error:
        raise Overloaded(
            f"'{name}' is full; try again shortly.", retry_after=RETRY_AFTER_S
        ) from error
    except RayTaskError as error:
        raise _cause(name, error) from error
    except (RayActorError, ConnectionError) as error:
        raise lost(name) from error
    except (DeploymentUnavailableError, RayServeException, RayError) as error:
        raise unavailable(name) from error


def _cause(name: str, error: RayTaskError) -> PodiumError:
    cause: object = error
    while isinstance(cause, RayTaskError):
        cause = cause.cause
    if isinstance(cause, PodiumError):
        return cause
    return InternalError(f"'{name}' failed in a way it should not; the request id finds the log.")
