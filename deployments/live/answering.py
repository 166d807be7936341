"""Answers what is said on a line with a pipeline, begun while the caller speaks.

Where the plan lets them, steps that the reply waits for are begun on the words that stand, and are
not done again if they would be given the same in the end. At a pause the run starts on the words
that stand, and nothing of it is told. When the turn ends with those very words, it is well under
way and its events go out; when the caller went on, it is stopped and the whole turn is answered
instead. A plan with an act waits for the turn's end: an act is not done for what may not be all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from deployments.call import Call
from deployments.live.rehearsing import Rehearsing
from deployments.wire.errors import as_podium_error, error_object, log_internal
from deployments.wire.realtime_events import server_event
from deployments.wire.run_events import event_object
from models.errors import InternalError, PodiumError
from router.early import EarlyWork
from router.label import Label
from router.plan import Plan
from router.steps.kind import RunRequest
from router.steps.registry import STEP_KINDS

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """The turn that is said now, and what was begun of it."""

    item: str
    early: EarlyWork
    rehearsing: Rehearsing


@dataclass
class _Answer:
    """One run: of which words, with what was begun of them, and whether it may be told."""

    text: str = field(repr=False)
    early: EarlyWork | None = None
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
        self._turn: _Turn | None = None
        self._repeatable = all(STEP_KINDS[step.use].idempotent for step in plan.steps)
        self.send: Send

    def hear(self, item: str, text: str) -> None:
        """More words of the turn stand; what was expected of it so far was not its end."""
        if item in self._answers:
            self._stop(item)
        if self._turn is None or self._turn.item != item:
            self._end_turn()
            self._turn = self._begun(item)
        self._turn.rehearsing.hear(text)

    def expect(self, item: str, text: str) -> None:
        """The turn may end with this text."""
        if self._repeatable:
            self._prepare(item, text)

    def _prepare(self, item: str, text: str) -> None:
        before = self._answers.get(item)
        if before is None or before.text != text:
            self._stop(item)
            self._start(item, text)

    def answer(self, item: str, text: str) -> None:
        """The turn ended with this text."""
        self._prepare(item, text)
        self._answers[item].agreed.set()
        self._end_turn()

    def close(self) -> None:
        """Stop every run."""
        self._end_turn()
        for item in list(self._answers):
            self._stop(item)

    def _begun(self, item: str) -> _Turn:
        call = self._new_call()
        early = call.state.pipelines.early(call, self._plan)
        return _Turn(item, early, Rehearsing(lambda text: self._rehearse(text, early)))

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._turn.rehearsing.stop()
            self._turn = None

    async def _rehearse(self, text: str, early: EarlyWork) -> None:
        call = self._new_call()
        try:
            wanted = self._wanted(call, text, early)
            await call.state.pipelines.rehearse(call, self._plan, wanted)
        except PodiumError:
            return  # What is in the way is told when the turn itself is answered.
        except Exception as error:
            log_internal(call.request_id, error)

    def _wanted(self, call: Call, text: str, early: EarlyWork | None) -> RunRequest:
        wanted = call.run_request({**self._inputs, "text": text})
        return replace(wanted, floor=wanted.floor.join(self._label()), early=early)

    def _start(self, item: str, text: str) -> None:
        mine = self._turn if self._turn is not None and self._turn.item == item else None
        if mine is not None:
            mine.rehearsing.stop()
        one = self._answers[item] = _Answer(text, mine.early if mine else None)
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
            wanted = self._wanted(call, one.text, one.early)
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
