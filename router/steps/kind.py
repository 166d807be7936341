"""What a kind of step must be, and what it is given to do its work."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from models.deadline import Deadline
from models.errors import InvalidConfig, PodiumError
from models.messages import ChatRequest, FinishReason, Usage
from models.ports import ChatModel, Transcriber
from retrieval.ports import Searcher, Source
from router.acts.nothing import NoActs
from router.acts.port import Acts
from router.decide import Available, Card, RouteDecision
from router.detect.scanner import Scanner
from router.detect.texts import texts
from router.events import Check, StepStatus
from router.label import LEAST, Clearance, Label, Level
from router.plan import Step
from router.policy import Policy
from router.prompts import Prompts
from router.pseudonyms.run import Redacting
from router.purse import Held
from router.recorder import Recorder
from router.schemas import Schemas

if TYPE_CHECKING:
    from router.early import EarlyWork

T = TypeVar("T")


def everything(model: str) -> bool:
    """Every model is up: for who has no health to ask."""
    return True


def unredacted(request: ChatRequest) -> Redacting | None:
    """No request is redacted: for who has no policy that approves it."""
    return None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The ports a plan may reach, given from outside; `available` says which models are up.

    `scanner` reads what enters a run, and what models answer.
    """

    chat: Callable[[str], ChatModel]
    transcriber: Callable[[str], Transcriber]
    searcher: Searcher
    source: Source
    available: Available = everything
    acts: Acts = field(default_factory=NoActs)
    scanner: Scanner = field(default_factory=Scanner)


@dataclass(frozen=True, slots=True)
class Library:
    """The prompts and schemas that plans refer to."""

    prompts: Prompts
    schemas: Schemas


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked to do.

    `floor` joins into every input's label: the key's least class and what the client raised it by.
    `reader` is what whoever asked may be shown of collections; None is everything of their tenant.
    `longest_audio` is in seconds. `key_id` is whose key it was. `early` is what was begun before
    the inputs were whole.
    """

    inputs: Mapping[str, Any] = field(repr=False)
    tenant: str = "default"
    request_id: str = ""
    floor: Label = LEAST
    reader: Clearance | None = None
    cache_salt: str | None = None
    priority: int = 0
    longest_audio: float = math.inf
    key_id: str = ""
    early: EarlyWork | None = field(default=None, repr=False)

    def clearance(self) -> Clearance:
        """What the reader may be shown."""
        own = Clearance(Level.RESTRICTED, None, tenants=frozenset({self.tenant}))
        return self.reader or own


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stays the same for every step of every run."""

    capabilities: Capabilities
    policy: Policy
    cards: tuple[Card, ...]
    library: Library


class Telling(Protocol):
    """How a step speaks while it works."""

    def delta(self, text: str) -> None:
        """Pass on a piece of text."""

    def restart(self) -> None:
        """Void the pieces so far."""

    def decided(self, decision: RouteDecision) -> None:
        """Keep a decision."""

    def told_by(self, label: Label) -> None:
        """Join in what something outside the run can tell; said before it is asked.

        Whether it answers is told as well: a step that fails keeps this label.
        """

    def label(self) -> Label:
        """The label of everything the step was given or told by now, and of what let it run."""


def any_amount(most: int) -> Held:
    """No budget counts it."""
    return Held("", LEAST, most)


@dataclass(frozen=True, slots=True)
class StepCall:
    """One execution of a step: its resolved arguments, and how it speaks.

    `reserve` takes nano-USD out of the run's budget before they are spent, or raises
    BudgetExceeded; what it gives is to be told what the call came to.
    """

    step: Step
    arguments: Mapping[str, Any] = field(repr=False)
    deadline: Deadline
    request: RunRequest
    around: Surroundings
    recorder: Recorder
    tell: Telling
    passages: list[Mapping[str, Any]] | None = field(default=None, repr=False)
    question: str = field(default="", repr=False)
    redacting: Callable[[ChatRequest], Redacting | None] = field(default=unredacted, repr=False)
    run_id: str = ""
    reserve: Callable[[int], Held] = field(default=any_amount, repr=False)

    def value(self, key: str, make: Callable[[], T]) -> T:
        """A nondeterministic value of this step, recorded."""
        return self.recorder.value(f"{self.step.name}/{key}", make)

    async def recorded(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """An outside answer of this step, recorded."""
        return await self.recorder.call(f"{self.step.name}/{key}", make)

    async def detected(
        self, value: Any, source: str | None = None, *, spoken: bool = False
    ) -> Label:
        """What detectors make of a value that came from `source`, recorded; once a step."""

        async def read() -> Label:
            scan = await self.around.capabilities.scanner.scan(texts(value), spoken=spoken)
            return self.around.policy.raises(source).label(scan)

        return await self.recorded("detected", read)

    def stream(self, key: str, make: Callable[[], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """A streamed outside answer of this step, recorded."""
        return self.recorder.stream(f"{self.step.name}/{key}", make)


@dataclass(frozen=True, slots=True)
class Produced:
    """What a step made.

    `own` is the label of what the step itself brought in, beside what it was told. `nano` is what
    the models asked for it cost, in nano-dollars. `shortfall` is the error of the whole run should
    an empty value leave it without a reply.
    """

    value: Any = field(repr=False)
    own: Label = LEAST
    status: StepStatus = "succeeded"
    summary: str = ""
    card: Card | None = None
    prompt_version: str | None = None
    usage: Usage = field(default_factory=Usage)
    nano: int = 0
    finish_reason: FinishReason = "stop"
    checks: tuple[Check, ...] = ()
    shortfall: PodiumError | None = None


class StepKind(Protocol):
    """One kind of step; `idempotent` kinds alone may be tried again."""

    @property
    def idempotent(self) -> bool:
        """Whether doing it twice is doing it once."""

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        """The fields of what the step gives out, None for plain text.

        Raises InvalidConfig naming the field when the step is wrong.
        """

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        """The argument without which the step cannot start, if it is absent."""

    async def run(self, call: StepCall) -> Produced:
        """Do it; raises PodiumError only."""


def check_arguments(
    step: Step, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> None:
    """Refuse a missing or unknown argument, naming it."""
    given = frozenset(step.arguments)
    for name in sorted(required - given):
        raise _wrong(step, name, "is missing")
    for name in sorted(given - required - optional):
        raise _wrong(step, name, f"is no argument of `{step.use}`")


def refuse_fields(step: Step, *names: str) -> None:
    """Refuse fields of a step that mean nothing for its kind."""
    for name in names:
        if getattr(step, name) is not None:
            field_name = "output" if name == "schema" else name
            raise InvalidConfig(
                f"steps.{step.name}.{field_name}: `{step.use}` takes none.",
                param=f"steps.{step.name}.{field_name}",
            )


def _wrong(step: Step, name: str, why: str) -> InvalidConfig:
    where = f"steps.{step.name}.with.{name}"
    return InvalidConfig(f"{where} {why}.", param=where)
