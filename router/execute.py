"""Running a plan: steps as soon as what they read is there, events as they happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from models.deadline import Deadline
from router.board import Board
from router.decide import Card
from router.early import EarlyWork, early_steps
from router.events import RunEvent, RunFinished, RunStarted
from router.inputs import detected_inputs, input_artifacts
from router.plan import Plan
from router.policy import LOCAL, Policy
from router.recorder import Live, Recorder, random_id
from router.run import Run
from router.steps.kind import Capabilities, Library, RunRequest, StepKind, Surroundings
from router.steps.registry import STEP_KINDS

Say: TypeAlias = Callable[[RunEvent], None]


class Executor:
    """Runs plans with the ports it was given; holds nothing of any run."""

    def __init__(
        self,
        capabilities: Capabilities,
        policy: Policy,
        cards: Iterable[Card],
        library: Library,
        *,
        kinds: Mapping[str, StepKind] = STEP_KINDS,
        recorder: Callable[[], Recorder] = Live,
    ) -> None:
        self._around = Surroundings(capabilities, policy, tuple(cards), library)
        self._kinds = kinds
        self._recorder = recorder

    async def run(
        self, plan: Plan, request: RunRequest, deadline: Deadline, policy: Policy | None = None
    ) -> AsyncGenerator[RunEvent, None]:
        """The events of one run, RunFinished the last; closing the generator stops the run.

        The whole run goes by one `policy`, the executor's own unless another is given.

        Raises InvalidRequest before the first event when an input is wrong; every later failure
        stands in the result.
        """
        around = self._around if policy is None else replace(self._around, policy=policy)
        events: asyncio.Queue[RunEvent | None] = asyncio.Queue()
        run = await self._run(plan, request, deadline, around, events.put_nowait)
        yield RunStarted(run.run_id, plan.name, plan.version)
        work = asyncio.create_task(run.go(), name=f"run {run.run_id}")
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
                if isinstance(event, RunFinished):
                    return
            work.result()
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    def early(self, plan: Plan) -> EarlyWork:
        """Where to keep what is begun early of one turn."""
        return EarlyWork(early_steps(plan, self._kinds))

    async def rehearse(
        self, plan: Plan, request: RunRequest, deadline: Deadline, policy: Policy | None = None
    ) -> None:
        """Do what may be begun early of these inputs, and keep it in the request's `early`.

        Only models of this site are asked: words that may yet change leave for nowhere.
        """
        if request.early is None or not request.early.steps:
            return
        around = self._around if policy is None else replace(self._around, policy=policy)
        inside = tuple(card for card in around.cards if card.site == LOCAL)
        run = await self._run(plan, request, deadline, replace(around, cards=inside), _say_nothing)
        await run.rehearse(request.early)

    async def _run(
        self, plan: Plan, request: RunRequest, deadline: Deadline, around: Surroundings, say: Say
    ) -> Run:
        inputs = input_artifacts(plan, request, around.policy)
        recorder = self._recorder()
        scanner = around.capabilities.scanner
        inputs = await detected_inputs(inputs, around.policy, scanner, recorder)
        return Run(
            run_id=recorder.value("run_id", lambda: random_id("run")),
            board=Board(plan, inputs),
            request=request,
            deadline=deadline,
            around=around,
            kinds=self._kinds,
            recorder=recorder,
            say=say,
        )


def _say_nothing(event: RunEvent) -> None:
    """What may yet change is told to nobody."""
