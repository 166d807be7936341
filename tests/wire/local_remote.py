"""Deployments in this process, called as those in other processes are: by name, with pickles."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from models.deadline import Deadline
from models.errors import DeadlineExceeded, InternalError, ModelUnavailable, PodiumError

HOW_IT_IS = ("stats", "describe")


@dataclass
class LocalRemote:
    """A Remote over `target`; `down` makes it unreachable, `calls` names the methods called.

    `fault` breaks the promise that only a PodiumError is raised: at once, or after the first
    `fault_after` items of a stream. Whoever asks how it is hears nothing of it, at whatever moment.
    """

    name: str
    target: Any
    down: bool = False
    fault: Exception | None = None
    fault_after: int = 0
    calls: list[str] = field(default_factory=list)

    def heal(self) -> None:
        """Work well again, and forget."""
        self.down, self.fault, self.fault_after = False, None, 0
        self.calls.clear()

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        self.calls.append(method)
        if self.fault is not None and method not in HOW_IT_IS:
            raise self.fault
        deadline.check(self.name)
        with self._errors():
            async with asyncio.timeout(deadline.remaining()):
                return _passed_on(await getattr(self.target, method)(*_passed_on(args)))

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        self.calls.append(method)
        async with aclosing(getattr(self.target, method)(*_passed_on(args))) as items:
            for number in count():
                if self.fault is not None and number >= self.fault_after:
                    raise self.fault
                with self._errors():
                    async with asyncio.timeout(deadline.remaining()):
                        item = await anext(items, None)
                if item is None:
                    return
                yield _passed_on(item)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        if self.down:
            raise ModelUnavailable(f"'{self.name}' is not answering now.", retry_after=1.0)
        try:
            yield
        except PodiumError as error:
            raise _passed_on(error) from None
        except TimeoutError as error:
            raise DeadlineExceeded(f"'{self.name}' did not answer in time.") from error
        except Exception as error:
            raise InternalError(f"'{self.name}' failed in a way it should not.") from error


def _passed_on(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - made one call earlier
