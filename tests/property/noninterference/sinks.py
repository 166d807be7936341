"""Everything that a run leaves behind, as each place that may look sees it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from models.deadline import Deadline
from router.acts.permission import permission
from router.detect.scanner import Scanner
from router.events import (
    ReplyDelta,
    ReplyRestarted,
    RunEvent,
    RunFinished,
    RunResult,
    StepDelta,
    StepFinished,
    StepRestarted,
    StepStarted,
)
from router.execute import Executor
from router.label import Label
from router.plan import Plan
from router.policy import Policy
from router.steps.kind import Capabilities, RunRequest
from router.steps.registry import STEP_KINDS
from router.telemetry import Telemetry
from tests.acting_world import NOTE
from tests.property.noninterference.acting import Simulated, Stage, Timed
from tests.property.noninterference.facts import DOCUMENT_LABELS, Facts
from tests.property.noninterference.stage import (
    CARDS,
    GUARDED,
    LIBRARY,
    NOW,
    OUTSIDE,
    SITES,
    SOURCES,
    TENANT,
    source_label,
)

KINDS = {name: Timed(kind) for name, kind in STEP_KINDS.items()}
Cleared = Callable[[Label], bool]
ACTED = "done/note"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sinks hold after a run; `told` is what must be without content in any case."""

    sinks: Mapping[str, str]
    told: str


def _model(id: str) -> Cleared:
    card = next(one for one in OUTSIDE if one.id == id)
    return lambda label: GUARDED.eligible(card, label, NOW).ok


def _reader(site: str) -> Cleared:
    return lambda label: label.flows_to(SITES[site], NOW)


def _setting_off(label: Label) -> bool:
    """An act whoever set it off, a note on a record: it is told by whatever decides it."""
    return permission(GUARDED, NOTE.action, NOTE, label, TENANT).permission != "deny"


def _anyone(label: Label) -> bool:
    """A reader whom no label keeps from anything."""
    return True


TARGETS: Mapping[str, Cleared] = {
    **{f"sent/{card.id}": _model(card.id) for card in OUTSIDE},
    **{f"read/{site}": _reader(site) for site in SITES},
    ACTED: _setting_off,
}
IN_PLAY: tuple[Label, ...] = (
    *DOCUMENT_LABELS,
    *(source_label(name) for name in SOURCES),
    *(source_label(name) for name in ("user", "voice_in", "model_remote")),
)


def blind(target: str) -> tuple[str, ...]:
    """The sinks cleared for nothing that is changed when all above `target` is.

    Another model outside is none of them when what models outside bring is changed: it knows that.
    """
    above = [label for label in IN_PLAY if not TARGETS[target](label)]
    closed = [name for name, may in TARGETS.items() if not any(may(one) for one in above)]
    if source_label("model_remote") not in above:
        return tuple(closed)
    return tuple(name for name in closed if name == target or name.startswith("read/"))


BLIND = {target: blind(target) for target in TARGETS}


def run(plan: Plan, facts: Facts, seed: int, policy: Policy, *, metrics: bool = False) -> Seen:
    """One run in an event loop of its own; under another policy than GUARDED readers see all."""
    return asyncio.run(_run(plan, facts, seed, policy, metrics))


async def _run(plan: Plan, facts: Facts, seed: int, policy: Policy, metrics: bool) -> Seen:
    stage = Stage(seed, facts)
    executor = Executor(
        Capabilities(
            chat=lambda model: stage.chat,
            transcriber=lambda model: stage,
            searcher=stage,
            source=stage,
            available=lambda model: model != "hush" or bool(seed % 3),
            acts=stage,
            # On the loop, whatever a text weighs: real time is not what is compared.
            scanner=Scanner(inline=sys.maxsize),
        ),
        policy,
        CARDS,
        LIBRARY,
        kinds=KINDS,
        recorder=lambda: Simulated(plan),
    )
    audio = facts.audio.encode() if seed % 2 else None
    request = RunRequest({"text": facts.text, "audio": audio}, tenant=TENANT, request_id="req-1")
    async with aclosing(executor.run(plan, request, Deadline.after(600))) as stream:
        events = [event async for event in stream]
    return _seen(stage, events, metrics, policy is GUARDED)


def _seen(stage: Stage, events: list[RunEvent], metrics: bool, guarded: bool) -> Seen:
    *_, last = events
    assert isinstance(last, RunFinished)
    result = last.result
    sinks = {f"sent/{card.id}": "\n".join(stage.sent.get(card.id, ())) for card in OUTSIDE}
    sinks[ACTED] = "\n".join(sorted(stage.acted))
    counted = _counted(result) if metrics else ""
    for site in SITES:
        may = _reader(site) if guarded else _anyone
        sinks[f"read/{site}"] = _read(result, events, counted, may)
    return Seen(sinks, _told(result) + counted)


def _read(result: RunResult, events: Iterable[RunEvent], counted: str, may: Cleared) -> str:
    """What a reader of that clearance may see: the reply, and the steps below it."""
    below = {report.name for report in result.steps if may(report.label)}
    lines = [line for line in counted.splitlines() if any(f'step="{s}"' in line for s in below)]
    lines += [repr(event) for event in events if _of_step(event) in below]
    if may(result.label):
        lines += [repr(one) for one in events if isinstance(one, ReplyDelta | ReplyRestarted)]
        error = result.error and (result.error.code, result.error.message, result.error.param)
        lines.append(repr((result.output, result.sources, error, result.model, result.checks)))
    return "\n".join(lines)


def _of_step(event: RunEvent) -> str | None:
    steps = StepStarted | StepDelta | StepRestarted | StepFinished
    return event.step if isinstance(event, steps) else None


def _told(result: RunResult) -> str:
    """What goes to logs, records and errors; it has no content, whoever reads it."""
    error = result.error and (result.error.message, result.error.param, str(result.error))
    decisions = [decision.as_dict() for decision in result.decisions]
    steps = [{**report.as_dict(), "summary": report.summary} for report in result.steps]
    return json.dumps([error, decisions, steps, [check.as_dict() for check in result.checks]])


def _counted(result: RunResult) -> str:
    telemetry = Telemetry()
    telemetry.run(result)
    lines = telemetry.text().decode().splitlines()
    return "\n".join(line for line in lines if "_created" not in line)
