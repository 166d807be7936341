"""Everything behind a drawn plan: what it says depends on all it was shown, failing included."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zlib import crc32

from models.deadline import Deadline
from models.errors import (
    ContextLengthExceeded,
    InternalError,
    InvalidAudio,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    Unavailable,
)
from models.messages import ChatRequest, Segment, Transcript, TranscriptionRequest
from models.testing.scripted import Say, ScriptedChat
from models.tools import ToolCard
from retrieval.access import allowed_labels
from retrieval.documents import Hit
from retrieval.ports import QueryRequest, QueryResult, SearchRequest
from router.acts.act import Act
from router.plan import Plan, Step
from router.recorder import Live
from router.steps.kind import Library, Produced, StepCall, StepKind
from tests.acting_world import NOTE
from tests.property.noninterference.facts import Facts
from tests.property.noninterference.stage import NOW, OUTSIDE

T = TypeVar("T")
_OUTSIDE = frozenset(card.id for card in OUTSIDE)
_KEPT = 160


@dataclass
class Stage:
    """The ports of one run; `sent` holds what each model outside was given, in order."""

    seed: int
    facts: Facts
    sent: dict[str, list[str]] = field(default_factory=dict)
    acted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chat = ScriptedChat(self._say)

    def _say(self, request: ChatRequest) -> Say | PodiumError:
        self._note(request.model, request)
        shown = request.messages[-1].content
        dice = self._dice(request.model, shown)
        failure = _failure(dice % 100)
        text = shown[-_KEPT:] if request.json_schema is None else _intent(dice, shown)
        if failure is None:
            return Say((text,))
        return Say((text[:5],), error=failure) if dice % 2 else failure

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        self._note(request.model, request)
        heard = request.audio.decode()
        dice = self._dice(request.model, heard) % 10
        if dice == 0:
            raise InvalidAudio("The audio cannot be read.")
        if dice == 1:
            raise ModelUnavailable("down")
        text = "" if dice == 2 else heard
        return Transcript(text, (Segment(0, 0.0, 1.0, text),), "en", 1.0)

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        seen = [
            paper for paper in self.facts.papers if request.access.allows(paper.label.to_json())
        ]
        order = sorted(seen, key=lambda paper: (paper.score * len(request.query)) % 1.0)
        return tuple(
            Hit(paper.text, "kb", 0, paper.text, "", None, paper.text, 0, 9, 0.9 - n / 10,
                paper.label.to_json())
            for n, paper in enumerate(order[: request.k])
        )  # fmt: skip

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        return allowed_labels((one.label.to_json() for one in self.facts.papers), request.access)

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        rows = self.facts.rows[request.source]
        if rows is None:
            raise InternalError("The source failed.")
        return QueryResult(request.source, request.name, tuple({"id": row} for row in rows))

    def card(self, action: str) -> ToolCard | None:
        return NOTE if action == NOTE.action else None

    async def ask(self, act: Act, deadline: Deadline) -> None:
        self.acted.append(f"asked {act.step} {act.digest} {act.arguments}")
        if self._dice(act.action, str(act.arguments)) % 8 == 0:
            raise Unavailable("full")

    async def perform(self, act: Act, deadline: Deadline) -> None:
        self.acted.append(f"done {act.step} {act.digest} {act.arguments}")
        if self._dice(act.action, str(act.arguments)) % 8 == 0:
            raise Unavailable("down")

    def _dice(self, model: str, shown: str) -> int:
        own = self.facts.outside.get(model, "")
        return crc32(f"{self.seed}|{model}|{own}|{shown}".encode())

    def _note(self, model: str, request: object) -> None:
        if model in _OUTSIDE:
            self.sent.setdefault(model, []).append(repr(request))


def _failure(dice: int) -> PodiumError | None:
    if dice < 10:
        return ModelUnavailable("down")
    if dice < 14:
        return Overloaded("full")
    if dice < 17:
        return ContextLengthExceeded("too long")
    if dice < 20:
        return InternalError("broken")
    return None


def _intent(dice: int, shown: str) -> str:
    if dice % 13 == 0:
        return "no JSON"
    return json.dumps(
        {
            "intent": ("refund", "other")[dice % 2],
            "product": "",
            "order": "",
            "sentiment": (dice % 21 - 10) / 10,
            "needs": shown[-20:] if dice % 3 else "",
        }
    )


class Simulated(Live):
    """Time by what the steps were given: one that is shown more takes longer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ended: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self.took: dict[str, float] = {}

    def value(self, key: str, make: Callable[[], T]) -> T:
        made: Any = self._made(key)
        return make() if made is None else made

    def _made(self, key: str) -> Any:
        step, _, what = key.removeprefix("clock/").partition("/")
        if key == "run_id":
            return "run-1"
        if what == "started":
            before = self._plan.step(step).predecessors()
            self._started[step] = max([0.0, *(self._ended.get(name, 0.0) for name in before)])
            return self._started[step]
        if what == "ended":
            return self._ends(step)
        if what == "decision":
            return f"dec-{step}"
        if what == "act":
            return f"act-{step}"
        if what in ("now", "asked_at"):
            return NOW
        return 0.0 if key.startswith("clock/") else None

    def _ends(self, step: str) -> float:
        self._ended[step] = self._started.get(step, 0.0) + self.took.get(step, 0.0)
        return self._ended[step]


@dataclass(frozen=True)
class Timed:
    """A kind of step that tells the clock how much it was given."""

    kind: StepKind

    @property
    def idempotent(self) -> bool:
        return self.kind.idempotent

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        return self.kind.check(step, library)

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return self.kind.missing(step, arguments)

    def run(self, call: StepCall) -> Awaitable[Produced]:
        assert isinstance(call.recorder, Simulated)
        call.recorder.took[call.step.name] = float(len(repr(call.arguments)))
        return self.kind.run(call)
