"""From what a run made to what it answers. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidRequest, PodiumError, PolicyDenied
from models.messages import Usage
from router.board import Board
from router.chat_call import add
from router.compose import Composed, compose
from router.events import Check, RunResult, RunStatus, StepReport
from router.expressions import evaluate, references
from router.label import TOP, Label, join_all
from router.passages import Passage
from router.plan import Path
from router.plan_check import REPLY, SOURCES, alternatives


def reply_text(board: Board, text: str) -> Composed:
    """The reply with its citations put to the places of its sources."""
    return compose(text, shown_passages(board))


def shown_passages(board: Board) -> Sequence[Passage]:
    """The passages the plan says were shown; none before they are there."""
    expression = board.plan.output.get(SOURCES)
    if expression is None or not _there(board, references(expression)):
        return []
    found = evaluate(expression, board.lookup)
    return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a run ended early; `label` is of what that tells."""

    error: PodiumError
    label: Label


def result(board: Board, run_id: str, chosen: str | None, total_ms: float,
           halts: Sequence[Halt] = ()) -> RunResult:  # fmt: skip
    """The result; without a reply its error says why."""
    fatal = halts[0].error if halts else None
    composed = _composed(board, chosen)
    made = board.produced.get(chosen) if chosen else None
    error = None if composed.reply and fatal is None else fatal or _why(board)
    card = made.card if made else None
    return RunResult(
        run_id=run_id,
        pipeline=board.plan.name,
        version=board.plan.version,
        status=_status(board, error),
        output={REPLY: composed.reply if error is None else None, **_outputs(board)},
        sources=composed.sources if error is None else (),
        steps=_reports(board),
        checks=_checks(board, chosen) if error is None else (),
        label=_early(board) if halts else _label(board),
        timings_ms={"total": total_ms, **{r.name: r.duration_ms for r in board.reports.values()}},
        usage=_usage(board),
        cost_nano=board.spent_nano(),
        decisions=tuple(board.decisions),
        model=card.id if card else None,
        site=card.site if card else None,
        prompt_version=made.prompt_version if made else None,
        finish_reason=made.finish_reason if made else "stop",
        error=error,
        approvals=_waiting(board),
    )


def _composed(board: Board, chosen: str | None) -> Composed:
    if chosen is None:
        return Composed("", ())
    text = str(board.artifacts[chosen].value)
    composed = reply_text(board, text)
    if board.plan.step(chosen).grounded is None:
        return Composed(text, composed.sources)
    return composed


def _outputs(board: Board) -> dict[str, Any]:
    return {
        name: evaluate(expression, board.lookup) if _there(board, references(expression)) else None
        for name, expression in board.plan.output.items()
        if name not in (REPLY, SOURCES)
    }


def _there(board: Board, paths: Iterable[Path]) -> bool:
    return all(path[0] in board.artifacts or path[0] == "input" for path in paths)


def _status(board: Board, error: PodiumError | None) -> RunStatus:
    if error is not None:
        return "denied" if isinstance(error, PolicyDenied) else "failed"
    if _waiting(board):
        return "waiting"
    return "partial" if board.degraded() else "succeeded"


def _waiting(board: Board) -> tuple[str, ...]:
    """The acts that people have yet to agree to, in the order of the plan."""
    names = (step.name for step in board.plan.steps)
    return tuple(board.reports[name].summary for name in names
                 if name in board.reports and board.reports[name].status == "waiting")  # fmt: skip


def _why(board: Board) -> PodiumError:
    """Why there is no reply: the first error on its way, else what was empty or not given."""
    way = _way(board)
    empty = [name for name in way if board.reports[name].status == "empty"]
    found = [board.errors.get(name) for name in board.errors if name in way]
    found += [board.produced[name].shortfall for name in empty]
    told = next((error for error in found if error is not None), None)
    if told is not None:
        return told
    wanted = [name for name, one in board.plan.inputs.items() if one.kind in ("Audio", "Text")]
    return InvalidRequest(
        f"The pipeline {board.plan.name} found nothing to answer: give {' or '.join(wanted)}.",
        param="input",
    )


def _way(board: Board) -> list[str]:
    """The steps that ended and write the reply, or that it depends on."""
    read = alternatives(board.plan.output[REPLY])
    return [name for name in board.reports
            if name in read or any(board.depends(one, name) for one in read)]  # fmt: skip


def _reports(board: Board) -> tuple[StepReport, ...]:
    """In the order of the plan; what never ended was stopped."""
    stopped = ((step.name, StepReport(step.name, "skipped", 0.0, 0.0, summary="stopped"))
               for step in board.plan.steps)  # fmt: skip
    return tuple(board.reports.get(name, report) for name, report in stopped)


def _checks(board: Board, chosen: str | None) -> tuple[Check, ...]:
    """Those of the reply; what was tried before it and failed is told in their detail."""
    made = board.produced.get(chosen or "")
    ended = [board.reports[name] for name in _way(board)]
    failed = [f"{report.name} left out: {report.summary}" for report in ended
              if report.status in ("failed", "dropped", "denied")]  # fmt: skip
    checks = made.checks if made else ()
    return tuple(
        Check(one.name, one.passed, "; ".join([*([one.detail] if one.detail else []), *failed]))
        for one in checks
    )


def _label(board: Board) -> Label:
    """Of all that goes out.

    The choice among the alternatives is data, too, and so is that no denial has ended the run.
    """
    read = {path for expression in board.plan.output.values() for path in references(expression)}
    there = [path for path in read if _there(board, [path])]
    passed = [(step.name,) for step in board.plan.steps if step.may_deny()]
    ended = [path for path in passed if _there(board, [path])]
    return join_all(artifact.label for artifact in board.parents([*there, *ended]))


def _early(board: Board) -> Label:
    """Of why a run ended early: that nothing else ended it before tells of all there is."""
    known = [*board.inputs.values(), *board.artifacts.values()]
    return TOP.join(join_all(artifact.label for artifact in known))


def _usage(board: Board) -> Usage:
    total = Usage()
    for made in board.produced.values():
        total = add(total, made.usage)
    return total
