"""Running a plan: steps as soon as what they read is there, events as they happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from models.deadline import Deadline
from router.board import Board
from router.decide import Card
from router.events import RunEvent, RunFinished, RunStarted
from router.inputs import detected_inputs, input_artifacts
from router.plan import Plan
from router.policy import Policy
from router.recorder import Live, Recorder, random_id
from router.run import Run
from router.steps.kind import Capabilities, Library, RunRequest, StepKind, Surroundings
from router.steps.registry import STEP_KINDS


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
        inputs = input_artifacts(plan, request, around.policy)
        recorder = self._recorder()
        scanner = around.capabilities.scanner
        inputs = await detected_inputs(inputs, around.policy, scanner, recorder)
        run_id = recorder.value("run_id", lambda: random_id("run"))
        events: asyncio.Queue[RunEvent | None] = asyncio.Queue()
        run = Run(
            run_id=run_id,
            board=Board(plan, inputs),
            request=request,
            deadline=deadline,
            around=around,
            kinds=self._kinds,
            recorder=recorder,
            say=events.put_nowait,
        )
        yield RunStarted(run_id, plan.name, plan.version)
        work = asyncio.create_task(run.go(), name=f"run {run_id}")
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
