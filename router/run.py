"""One run of a plan: a task a step, waiting for what it reads, all stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.deadline import Deadline
from models.errors import BudgetExceeded, DeadlineExceeded, InternalError, PodiumError, PolicyDenied
from models.messages import ChatRequest
from models.tariff import NANO
from router import bindings, expressions
from router.board import Board
from router.decide import RouteDecision
from router.early import EarlyWork
from router.events import (
    RunEvent,
    RunFinished,
    StepDelta,
    StepFinished,
    StepReport,
    StepRestarted,
    StepStarted,
    StepStatus,
)
from router.label import Label
from router.plan import Step
from router.plan_check import REPLY, alternatives
from router.pseudonyms.declassify import PSEUDONYMS
from router.pseudonyms.run import Redacting, RunPseudonyms
from router.purse import FIELD, Held, Purse
from router.recorder import Recorder, monotonic_ms
from router.reply import Reply
from router.result import Halt, reply_text, result
from router.steps.kind import Produced, RunRequest, StepCall, StepKind, Surroundings

# What is said of a step that was done before the run began.
BEGUN = "begun on the words that stood"


@dataclass
class _Voice:
    """How one step speaks while it works."""

    run: Run
    step: Step
    spoke: bool = False

    def delta(self, text: str) -> None:
        self.spoke = True
        self.run.say(StepDelta(self.step.name, text))
        self.run.say_all(self.run.reply.wrote(self.step.name, text))

    def restart(self) -> None:
        if self.spoke:
            self.spoke = False
            self.run.say(StepRestarted(self.step.name))
            self.run.say_all(self.run.reply.restarted(self.step.name))

    def told_by(self, label: Label) -> None:
        self.run.board.tell(self.step, label)

    def label(self) -> Label:
        return self.run.board.known(self.step)

    def decided(self, decision: RouteDecision) -> None:
        self.run.board.decisions.append(decision)


@dataclass
class Run:
    """Everything one run needs; `say` takes each event as it happens.

    A failure that ends the run stops the steps that may know of it, by their labels. The others
    go on: that they stopped would tell whoever they ask.
    """

    run_id: str
    board: Board
    request: RunRequest
    deadline: Deadline
    around: Surroundings
    kinds: Mapping[str, StepKind]
    recorder: Recorder
    say: Callable[[RunEvent], None]
    reply: Reply = field(init=False)
    began_ms: float = field(init=False)
    pseudonyms: RunPseudonyms = field(init=False)
    purse: Purse = field(init=False)
    _done: dict[str, asyncio.Event] = field(init=False)
    _working: dict[str, asyncio.Task[None]] = field(init=False, default_factory=dict)
    _halts: list[Halt] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        plan = self.board.plan
        best_first = alternatives(plan.output[REPLY])
        live = frozenset(name for name in best_first if plan.step(name).grounded is None)
        self.reply = Reply(best_first, live, lambda text: reply_text(self.board, text).reply)
        self._done = {step.name: asyncio.Event() for step in plan.steps}
        self.pseudonyms = RunPseudonyms(self.request.tenant, self.run_id, self.request.clearance())
        usd = plan.budget.usd
        early = self.request.early
        before = tuple(early.calls) if early else ()
        self.purse = Purse(None if usd is None else int(usd * NANO), before)
        self.began_ms = self._clock("run/began")

    async def go(self) -> None:
        """Run every step, then say the result."""
        async with asyncio.TaskGroup() as group:
            for step in self.board.plan.steps:
                group.create_task(self._drive(step), name=f"step {step.name}")
        total = self._elapsed("run/ended")
        done = result(self.board, self.run_id, self.reply.chosen, total, self._halts)
        cost = done.cost_nano + self.purse.wasted_nano()
        redactions = self.pseudonyms.redactions()
        self.say(RunFinished(replace(done, cost_nano=cost, redactions=redactions)))
        self.pseudonyms.close()

    async def rehearse(self, early: EarlyWork) -> None:
        """Do the steps of `early` and keep what they make; nothing else, and no result.

        One that fails is only not kept: when the run itself comes to it, it is done anew.
        """
        async with asyncio.TaskGroup() as group:
            for step in self.board.plan.steps:
                if step.name in early.steps:
                    group.create_task(self._drive(step), name=f"early {step.name}")
        self.pseudonyms.close()

    def say_all(self, events: Iterable[RunEvent]) -> None:
        """Say several events."""
        for event in events:
            self.say(event)

    async def _drive(self, step: Step) -> None:
        try:
            for name in sorted(step.predecessors()):
                await self._done[name].wait()
            if not self._is_stopped(step):
                await self._work(step)
        except Exception as fault:
            self._halt(step, _own_fault(fault))
        finally:
            self._done[step.name].set()

    def _is_stopped(self, step: Step) -> bool:
        """Whether something it waits for was stopped, or it may know why the run has ended."""
        if not step.predecessors() <= self.board.reports.keys():
            return True
        context = self.board.context(step)
        return any(context.covers(halt.label) for halt in self._halts)

    def _halt(self, step: Step, error: PodiumError) -> None:
        """End the run: stop every working step that may know of it."""
        halt = Halt(error, self.board.known(step))
        self._halts.append(halt)
        for name, task in self._working.items():
            other = self.board.plan.step(name)
            if name != step.name and self.board.context(other).covers(halt.label):
                task.cancel()

    async def _work(self, step: Step) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._working[step.name] = task
        started = self._elapsed(f"{step.name}/started")
        arguments = {
            name: bindings.resolve(binding, self.board.lookup)
            for name, binding in step.arguments.items()
        }
        unready = self._unready(step, arguments, started)
        if unready is not None:
            self._end(step, started, unready)
        else:
            self.say(StepStarted(step.name, started))
            await self._perform(step, arguments, started)

    def _unready(
        self, step: Step, arguments: Mapping[str, Any], started_ms: float
    ) -> Produced | None:
        """What stands for a step that does not run, and why; None when it can."""
        if step.when is not None and not expressions.evaluate(step.when, self.board.lookup):
            return Produced(None, status="skipped", summary="its condition does not hold")
        missing = self.kinds[step.use].missing(step, arguments)
        if missing is not None:
            return Produced(None, status="skipped", summary=f"there is no {missing}")
        budget = self.board.plan.budget.latency_ms
        if step.degrade and budget is not None and started_ms > budget:
            return Produced(None, status="dropped", summary="the latency budget is spent")
        if step.optional and self._broke(step):
            return Produced(None, status="dropped", summary="the money budget is spent")
        return None

    def _broke(self, step: Step) -> bool:
        """Whether the run has spent the plan's money, as far as the step may know."""
        budget = self.board.plan.budget.usd
        if budget is None:
            return False
        return self._spent(self.board.context(step)) > budget * NANO

    def _spent(self, told_to: Label) -> int:
        """What was spent for the turn as far as a label may know, in vain before the run too."""
        return self.board.spent_nano(told_to) + self.purse.wasted_nano(told_to)

    async def _perform(self, step: Step, arguments: Mapping[str, Any], started: float) -> None:
        early, policy = self.request.early, self.around.policy.digest
        try:
            begun = early.take(self.board, step, arguments, policy) if early else None
            made = begun.produced if begun else await self._bounded(step, arguments)
        except PodiumError as error:
            status = _status(step, error)
            self._end(step, started, Produced(None, status=status, summary=_summary(error)))
            self._fail(step, error)
        else:
            calls = self.purse.calls(step.name)
            if begun is not None:
                self.purse.use(begun.calls)
            self._end(step, started, replace(made, summary=BEGUN) if begun else made)
            if early is not None and begun is None:
                early.keep(self.board, step, arguments, policy, calls)

    async def _bounded(self, step: Step, arguments: Mapping[str, Any]) -> Produced:
        """Run the step within what is left of its own time and the run's."""
        deadline = self.deadline if step.timeout_s is None else self.deadline.sooner(step.timeout_s)
        deadline.check(f"step {step.name}")
        if step.prompt is not None and self._broke(step):
            raise BudgetExceeded(
                f"The budget of the pipeline was spent before step {step.name}."
                " Raise budget.usd, or route its steps to cheaper models.",
                param="budget.usd",
            )
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await self.kinds[step.use].run(self._call(step, arguments, deadline))
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"Step {step.name} was not done in time. Ask for more time, or less work."
            ) from error

    def _call(self, step: Step, arguments: Mapping[str, Any], deadline: Deadline) -> StepCall:
        grounded = step.grounded
        look = self.board.lookup
        return StepCall(
            step=step,
            arguments=arguments,
            deadline=deadline,
            request=self.request,
            around=self.around,
            recorder=self.recorder,
            tell=_Voice(self, step),
            passages=bindings.resolve(grounded.passages, look) if grounded else None,
            question=str(bindings.resolve(grounded.question, look) or "") if grounded else "",
            redacting=lambda request: self._redacting(step, request),
            run_id=self.run_id,
            reserve=lambda most: self._reserve(step, most),
        )

    def _reserve(self, step: Step, most: int) -> Held:
        """Take what a call may cost, as far as its step may know what is left."""
        context = self.board.context(step)
        held = self.purse.take(step.name, context, most, self._spent(context))
        if self.request.early is not None:
            self.request.early.calls.append(held)
        return held

    def _redacting(self, step: Step, request: ChatRequest) -> Redacting | None:
        """What could redact the request, if the policy has it at all."""
        rule = self.around.policy.declassifiers.get(PSEUDONYMS)
        if rule is None:
            return None
        known = self.board.personal(step)
        return self.pseudonyms.redacting(rule, self.board.known(step), known, request)

    def _end(self, step: Step, started: float, made: Produced) -> None:
        card = made.card
        report = StepReport(
            name=step.name,
            status=made.status,
            started_ms=started,
            duration_ms=self._elapsed(f"{step.name}/ended") - started,
            model=card.id if card else None,
            engine=card.dialect if card else None,
            site=card.site if card else None,
            prompt_version=made.prompt_version,
            summary=made.summary,
        )
        self._working.pop(step.name, None)
        self.purse.end(step.name)
        labelled = self.board.put(step, made, report)
        self.say(StepFinished(labelled, made.value))
        text = made.value if isinstance(made.value, str) and made.value else None
        self.say_all(self.reply.ended(step.name, text))

    def _fail(self, step: Step, error: PodiumError) -> None:
        """Keep the error; stop everything when no reply can come any more, or none may."""
        if step.optional or (isinstance(error, PolicyDenied) and step.on_denied == "skip"):
            return
        self.board.errors[step.name] = error
        left = [name for name in alternatives(self.board.plan.output[REPLY]) if name != step.name]
        hopeless = all(self.board.depends(name, step.name) for name in left)
        if hopeless or isinstance(error, PolicyDenied):
            self._halt(step, error)

    def _clock(self, key: str) -> float:
        return self.recorder.value(f"clock/{key}", monotonic_ms)

    def _elapsed(self, key: str) -> float:
        return self._clock(key) - self.began_ms


def _status(step: Step, error: PodiumError) -> StepStatus:
    """How a step that raised `error` ended; one that may be left out is, when money is short."""
    if isinstance(error, PolicyDenied):
        return "denied"
    short = isinstance(error, BudgetExceeded) and error.param == FIELD
    return "dropped" if short and step.optional else "failed"


def _own_fault(cause: Exception) -> PodiumError:
    error = InternalError(
        "A step failed by a fault of Podium's own; the request id finds it in the log."
    )
    error.__cause__ = cause
    return error


def _summary(error: PodiumError) -> str:
    return error.code or error.type
