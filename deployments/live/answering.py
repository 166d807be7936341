"""Answers what is said on a line with a pipeline, begun when the caller pauses.

At a pause the run starts on the words that stand, and nothing of it is told. When the turn ends
with those very words, it is well under way and its events go out; when the caller went on, it is
stopped and the whole turn is answered instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from deployments.call import Call
from deployments.wire.errors import as_podium_error, error_object, log_internal
from deployments.wire.realtime_events import server_event
from deployments.wire.run_events import event_object
from models.errors import InternalError
from router.label import Label
from router.plan import Plan

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class _Answer:
    """One run: of which words, and whether it may be told."""

    text: str = field(repr=False)
    agreed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Answering:
    """`new_call` makes a call with a deadline of its own for each turn; `label` is the line's,
    by the policy of the moment.
    """

    def __init__(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        new_call: Callable[[], Call],
        label: Callable[[], Label],
    ) -> None:
        self._plan = plan
        self._inputs = inputs
        self._new_call = new_call
        self._label = label
        self._answers: dict[str, _Answer] = {}
        self.send: Send

    def expect(self, item: str, text: str) -> None:
        """The turn may end with this text."""
        before = self._answers.get(item)
        if before is None or before.text != text:
            self._stop(item)
            self._start(item, text)

    def answer(self, item: str, text: str) -> None:
        """The turn ended with this text."""
        self.expect(item, text)
        self._answers[item].agreed.set()

    def close(self) -> None:
        """Stop every run."""
        for item in list(self._answers):
            self._stop(item)

    def _start(self, item: str, text: str) -> None:
        one = self._answers[item] = _Answer(text)
        one.task = asyncio.create_task(self._run(item, one), name=f"answer {item}")
        one.task.add_done_callback(
            lambda _: self._answers.pop(item, None) if one.agreed.is_set() else None
        )

    def _stop(self, item: str) -> None:
        one = self._answers.pop(item, None)
        if one is not None and one.task is not None:
            one.task.cancel()

    async def _run(self, item: str, one: _Answer) -> None:
        call = self._new_call()
        try:
            wanted = call.run_request({**self._inputs, "text": one.text})
            wanted = replace(wanted, floor=wanted.floor.join(self._label()))
            held: list[dict[str, Any]] = []
            async with aclosing(call.state.pipelines.run(call, self._plan, wanted)) as events:
                async for event in events:
                    held.append(event_object(event))
                    if one.agreed.is_set():
                        await self._tell(item, held)
            await one.agreed.wait()
            await self._tell(item, held)
        except Exception as error:
            found = as_podium_error(error)
            if isinstance(found, InternalError):
                log_internal(call.request_id, error)
            await one.agreed.wait()
            await self._tell(item, [{"type": "run.failed", **error_object(found)}])

    async def _tell(self, item: str, held: list[dict[str, Any]]) -> None:
        while held:
            await self.send(server_event("podium.run", item_id=item, event=held.pop(0)))
