"""What a run says while it goes: one stream of typed events, ended by its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from models.errors import PodiumError
from models.messages import FinishReason, Usage
from models.tariff import dollars
from router.decide import RouteDecision
from router.label import TOP, Label

StepStatus = Literal[
    "succeeded", "empty", "refused", "skipped", "dropped", "failed", "denied", "waiting"
]
RunStatus = Literal["succeeded", "partial", "failed", "denied", "waiting"]


@dataclass(frozen=True, slots=True)
class StepReport:
    """What is shown of a step, without content; times in milliseconds, from the run's start.

    `summary` says why a step is not plainly `succeeded`, or how much it found. `label` is that of
    what the step made, and of having made nothing.
    """

    name: str
    status: StepStatus
    started_ms: float
    duration_ms: float
    model: str | None = None
    engine: str | None = None
    site: str | None = None
    prompt_version: str | None = None
    summary: str = ""
    label: Label = TOP

    def as_dict(self) -> dict[str, Any]:
        """The shape of `route.steps`."""
        return {
            "name": self.name,
            "model": self.model,
            "engine": self.engine,
            "site": self.site,
            "prompt_version": self.prompt_version,
            "started_ms": round(self.started_ms, 3),
            "duration_ms": round(self.duration_ms, 3),
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """Something verified about the answer."""

    name: str
    passed: bool
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The shape of `checks`."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run; `error` is set when it has no reply.

    `sources` has the shape of `route.sources`; `[n]` in the reply is the n-th of them.
    `prompt_version` and `finish_reason` are those of the step that wrote the reply. `redactions`
    has the shape of `route.redactions`. `cost_nano` is in nano-dollars. `approvals` are the ids of
    acts that wait for people.
    """

    run_id: str
    pipeline: str
    version: int
    status: RunStatus
    output: Mapping[str, Any] = field(repr=False)
    sources: tuple[Mapping[str, Any], ...] = field(repr=False)
    steps: tuple[StepReport, ...]
    checks: tuple[Check, ...]
    label: Label
    timings_ms: Mapping[str, float]
    usage: Usage = field(default_factory=Usage)
    cost_nano: int = 0
    decisions: tuple[RouteDecision, ...] = ()
    model: str | None = None
    site: str | None = None
    prompt_version: str | None = None
    finish_reason: FinishReason = "stop"
    error: PodiumError | None = None
    redactions: Sequence[Mapping[str, str | int]] = ()
    approvals: tuple[str, ...] = ()

    @property
    def cost_usd(self) -> float:
        """What the models asked cost, in US dollars."""
        return dollars(self.cost_nano)

    @property
    def reply(self) -> str:
        """The text of the reply, empty when there is none."""
        reply = self.output.get("reply")
        return reply if isinstance(reply, str) else ""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run has an id."""

    run_id: str
    pipeline: str
    version: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step has begun; `at_ms` from the run's start."""

    step: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class StepDelta:
    """A piece of text as the model writes it, not yet checked."""

    step: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepRestarted:
    """The deltas of this step so far are void: it begins again."""

    step: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step has ended; `value` is its plain data, None when it made nothing."""

    report: StepReport
    value: Any = field(repr=False, default=None)

    @property
    def step(self) -> str:
        """The step's name."""
        return self.report.name

    @property
    def status(self) -> StepStatus:
        """How it ended."""
        return self.report.status


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """A piece of the final reply: checked where the plan asks for it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplyRestarted:
    """Reply deltas so far are void: another step now writes the reply.

    Who has already passed them on must end with an error.
    """


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event of every run that was not cancelled."""

    result: RunResult


RunEvent: TypeAlias = (
    RunStarted
    | StepStarted
    | StepDelta
    | StepRestarted
    | StepFinished
    | ReplyDelta
    | ReplyRestarted
    | RunFinished
)
