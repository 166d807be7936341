"""Pipelines behind the gateway: the router's plans, run for one call."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from deployments.accounting import Purpose
from deployments.library_keeper import LibraryKeeper
from deployments.tenant_collections import TenantSearcher
from models.deadline import Deadline
from models.errors import InternalError, PodiumError
from router.early import EarlyWork
from router.events import ReplyDelta, ReplyRestarted, RunEvent, RunFinished, RunResult
from router.execute import Executor
from router.keys import Principal
from router.plan import Plan
from router.planner import PIPELINE_PREFIX, find_plan
from router.steps.kind import Capabilities, RunRequest
from router.store.records import RunRecord, StepRecord

if TYPE_CHECKING:
    from deployments.call import Call
    from deployments.gateway_state import GatewayState

_RECORDING_S = 5.0


class Pipelines:
    """The plans in force, and the executor that runs them over this gateway's models.

    The keeper's `watch` must run for files that change to be taken.
    """

    def __init__(self, state: GatewayState) -> None:
        self._state = state
        self.keeper = LibraryKeeper(state.settings, state.catalog)

    def names(self) -> tuple[str, ...]:
        """The pipelines by name."""
        return tuple(sorted(self.keeper.books.plans))

    def plans(self) -> tuple[Plan, ...]:
        """The plans themselves."""
        plans = self.keeper.books.plans
        return tuple(plans[name] for name in sorted(plans))

    def plan(self, name: str) -> Plan:
        """The plan of `NAME` or `pipeline/NAME`; raises ModelNotFound."""
        found = find_plan(
            f"{PIPELINE_PREFIX}{name.removeprefix(PIPELINE_PREFIX)}", self.keeper.books.plans
        )
        if found is None:
            raise InternalError(f"'{name}' has no plan.")
        return found

    async def run(
        self, call: Call, plan: Plan, request: RunRequest
    ) -> AsyncGenerator[RunEvent, None]:
        """The events of one run, accounted for when it ends."""
        started = time.time()
        call.principal.require_model(f"{PIPELINE_PREFIX}{plan.name}")
        executor = self._executor_for(call.principal, plan)
        events = executor.run(plan, request, call.deadline, call.policy)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, RunFinished):
                    self._state.meter.run(event.result)
                    await self._record(call, event.result, started)
                yield event

    def _executor_for(self, who: Principal, plan: Plan) -> Executor:
        """Made in microseconds: models charged to the key, the collections of its tenant."""
        state = self._state
        purpose = Purpose(f"{PIPELINE_PREFIX}{plan.name}", plan.budget.lasting())
        return Executor(
            Capabilities(
                chat=lambda name: state.chat_for(who, name, purpose),
                transcriber=lambda name: state.transcriber_for(who, name, purpose),
                searcher=TenantSearcher(state.searcher, who.tenant),
                source=state.source,
                available=state.available,
                acts=state.acts,
                scanner=state.scanner,
            ),
            state.policy,
            tuple(state.served_cards()),
            self.keeper.library_of(plan),
        )

    def early(self, call: Call, plan: Plan) -> EarlyWork:
        """Where to keep what is begun early of one turn of a line."""
        return self._executor_for(call.principal, plan).early(plan)

    async def rehearse(self, call: Call, plan: Plan, request: RunRequest) -> None:
        """Do what may be begun early; it is charged to the key like any other work."""
        call.principal.require_model(f"{PIPELINE_PREFIX}{plan.name}")
        executor = self._executor_for(call.principal, plan)
        await executor.rehearse(plan, request, call.deadline, call.policy)

    async def finish(self, call: Call, plan: Plan, request: RunRequest) -> RunResult:
        """The result of one run, whatever its status."""
        async with aclosing(self.run(call, plan, request)) as events:
            async for event in events:
                if isinstance(event, RunFinished):
                    return event.result
        raise InternalError("The run ended without a result.")

    async def replies(
        self, call: Call, plan: Plan, request: RunRequest
    ) -> AsyncGenerator[str | RunResult, None]:
        """The reply piece by piece, then the result; raises the run's error.

        A reply that starts over after a piece was passed on cannot be mended: it is an error.
        """
        passed_on = False
        async with aclosing(self.run(call, plan, request)) as events:
            async for event in events:
                if isinstance(event, ReplyDelta):
                    passed_on = True
                    yield event.text
                elif isinstance(event, ReplyRestarted) and passed_on:
                    raise InternalError("The reply had to start over; send the request again.")
                elif isinstance(event, RunFinished):
                    _raise_error(event.result)
                    yield event.result

    async def _record(self, call: Call, result: RunResult, started: float) -> None:
        record = _record(call, result, started)
        try:
            # A run that used up its time is remembered, too.
            deadline = Deadline.after(_RECORDING_S)
            await self._state.state.call("record_run", record, deadline=deadline)
        except PodiumError as error:
            self._state.log.warning(
                "run not recorded", extra={"run_id": result.run_id, "code": error.code}
            )


def _raise_error(result: RunResult) -> None:
    if result.error is not None:
        raise result.error


def _record(call: Call, result: RunResult, started: float) -> RunRecord:
    return RunRecord(
        tenant=call.principal.tenant,
        run_id=result.run_id,
        pipeline=result.pipeline,
        version=str(result.version),
        status=result.status,
        started=started,
        duration_ms=result.timings_ms.get("total", 0.0),
        label=result.label,
        request_id=call.request_id,
        key_id=call.principal.key_id,
        cost_usd=result.cost_usd,
        error_code=result.error.code if result.error else None,
        sources=tuple(_source(source) for source in result.sources),
        steps=tuple(
            StepRecord(
                name=step.name,
                status=step.status,
                started_ms=step.started_ms,
                duration_ms=step.duration_ms,
                model=step.model,
                engine=step.engine,
                site=step.site,
                prompt_version=step.prompt_version,
            )
            for step in result.steps
        ),
        decisions=tuple(decision.as_dict() for decision in result.decisions),
        decision_id=call.decision_id,
    )


def _source(source: Any) -> tuple[str, str, str]:
    return (str(source["collection"]), str(source["id"]), str(source["chunk"]))
