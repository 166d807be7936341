"""Steps begun on the words that stand, before all of them are said.

A plan asks for it by `stream: true` at its step `transcribe`. Begun are the steps that the reply
waits for, not those that write it. Each is done on what stands by then; in the end one that would
be given just the same is not done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.board import Board
from router.decide import RouteDecision
from router.label import Label
from router.plan import Plan, Step
from router.plan_check import REPLY, alternatives
from router.purse import Held
from router.steps.kind import Produced, StepKind


def early_steps(plan: Plan, kinds: Mapping[str, StepKind]) -> frozenset[str]:
    """The steps that may be begun early: harmless to do twice, and so is all that they wait for."""
    if not any(step.use == "transcribe" and step.stream for step in plan.steps):
        return frozenset()
    writers = frozenset(alternatives(plan.output[REPLY]))
    board, early = Board(plan, {}), set[str]()
    for step in plan.steps:
        awaited = any(board.depends(writer, step.name) for writer in writers)
        plain = step.grounded is None and kinds[step.use].idempotent
        if awaited and plain and step.name not in writers and step.predecessors() <= early:
            early.add(step.name)
    return frozenset(early)


@dataclass(frozen=True, slots=True)
class Made:
    """What a step made, by which policy, of what, by which calls, and what it was told and decided
    meanwhile.
    """

    policy: str
    arguments: Mapping[str, Any] = field(repr=False)
    context: Label
    produced: Produced
    told: Label
    decisions: tuple[RouteDecision, ...]
    calls: tuple[Held, ...]


class EarlyWork:
    """What steps of one turn have made so far; the newest of each is kept.

    `calls` are all that were paid for, by attempts and by runs that were stopped: what comes of
    them may be used or not. Not thread-safe.
    """

    def __init__(self, steps: frozenset[str]) -> None:
        self.steps = steps
        self.calls: list[Held] = []
        self._made: dict[str, Made] = {}

    def keep(
        self,
        board: Board,
        step: Step,
        arguments: Mapping[str, Any],
        policy: str,
        calls: tuple[Held, ...],
    ) -> None:
        """Keep what a step made on this board, by these calls."""
        if step.name in self.steps:
            self._made[step.name] = Made(
                policy=policy,
                arguments=arguments,
                context=board.context(step),
                produced=board.produced[step.name],
                told=board.told.get(step.name, Label()),
                decisions=tuple(one for one in board.decisions if one.step == step.name),
                calls=calls,
            )

    def take(
        self, board: Board, step: Step, arguments: Mapping[str, Any], policy: str
    ) -> Made | None:
        """What the step made of the very same under the same labels and policy; None otherwise.

        All that it was told and decided then is told and decided on this board as well.
        """
        made = self._made.get(step.name)
        if made is None or (made.policy, made.context) != (policy, board.context(step)):
            return None
        if made.arguments != arguments:
            return None
        board.tell(step, made.told)
        board.decisions.extend(made.decisions)
        return made
