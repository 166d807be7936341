"""Everything a plan reaches, scripted and in process: models, searcher, source, catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import PodiumError
from models.ports import ChatModel
from models.testing.scripted import Script, ScriptedChat, ScriptedTranscriber, say_in_turn
from retrieval.access import allowed_labels
from retrieval.documents import Hit
from retrieval.ports import QueryRequest, QueryResult, Scalar, SearchRequest
from router.acts.port import Acts
from router.detect.scanner import Scanner
from router.events import ReplyDelta, RunEvent, RunFinished, RunResult
from router.execute import Executor
from router.plan import Plan
from router.plan_file import load_plan, load_plans
from router.policy import Policy
from router.policy_file import default_policy
from router.prompts import load_prompts
from router.recorder import Live, Recorder
from router.schemas import load_schemas
from router.steps.kind import Capabilities, Library, RunRequest
from tests.acting_world import KeptActs

LIBRARY = Library(load_prompts(), load_schemas())
POLICY = default_policy()
KB = POLICY.source("kb").to_json()
LOCAL_CHAT = frozenset({"chat", "tools", "json_schema"})


def card(id: str, site: str = "local", dialect: str = "vllm", **more: Any) -> ModelCard:
    """A model card, cleared by the catalog for everything."""
    row: dict[str, Any] = {
        "id": id,
        "site": site,
        "dialect": dialect,
        "clearance": {"level": "RESTRICTED", "categories": "all"},
        "capabilities": LOCAL_CHAT,
    }
    return ModelCard.model_validate(row | more)


CARDS = (card("mistral"), card("whisper", dialect="whisper"))


def hit(text: str, id: str = "doc-1", score: float = 0.9, label: str = KB) -> Hit:
    """One chunk found."""
    return Hit(id, "kb", 0, f"About {id}", "", None, text, 0, len(text), score, label)


@dataclass
class FixedSearcher:
    """Finds the same hits always; like a real one it asks the access filter."""

    hits: tuple[Hit, ...] = ()
    calls: list[SearchRequest] = field(default_factory=list)

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        self.calls.append(request)
        return tuple(one for one in self.hits if request.access.allows(one.label))

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        return allowed_labels((one.label for one in self.hits), request.access)


@dataclass
class FixedSource:
    """Gives the rows of each customer, or an error."""

    rows: Mapping[str, tuple[Mapping[str, Scalar], ...]] = field(default_factory=dict)
    error: PodiumError | None = None
    calls: list[QueryRequest] = field(default_factory=list)

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        self.calls.append(request)
        if self.error is not None:
            raise self.error
        rows = self.rows.get(str(request.params.get("id")), ())
        return QueryResult(request.source, request.name, rows)


@dataclass
class World:
    """One executor and everything behind it; models not named in `chats` are `chat`."""

    chat: ScriptedChat
    chats: dict[str, ChatModel] = field(default_factory=dict)
    transcriber: ScriptedTranscriber = field(default_factory=lambda: ScriptedTranscriber([""]))
    searcher: FixedSearcher = field(default_factory=FixedSearcher)
    source: FixedSource = field(default_factory=FixedSource)
    cards: Iterable[ModelCard] = CARDS
    policy: Policy = POLICY
    available: Callable[[str], bool] = lambda model: True
    recorder: Callable[[], Recorder] = Live
    acts: Acts = field(default_factory=KeptActs)
    scanner: Scanner = field(default_factory=Scanner)

    def executor(self) -> Executor:
        capabilities = Capabilities(
            chat=lambda model: self.chats.get(model, self.chat),
            transcriber=lambda model: self.transcriber,
            searcher=self.searcher,
            source=self.source,
            available=self.available,
            acts=self.acts,
            scanner=self.scanner,
        )
        return Executor(capabilities, self.policy, self.cards, LIBRARY, recorder=self.recorder)

    async def events(
        self,
        plan: Plan,
        inputs: Mapping[str, Any],
        deadline: Deadline | None = None,
        **more: Any,
    ) -> list[RunEvent]:
        """All events of one run."""
        request = RunRequest(inputs, **more)
        async with aclosing(
            self.executor().run(plan, request, deadline or Deadline.after(60))
        ) as events:
            return [event async for event in events]

    async def result(self, plan: Plan, inputs: Mapping[str, Any], **more: Any) -> RunResult:
        """The result of one run."""
        return result_of(await self.events(plan, inputs, **more))


def world(script: Script | str = "Fine.", **more: Any) -> World:
    """A world whose chat model follows a script, or says one thing."""
    made = say_in_turn(script) if isinstance(script, str) else script
    return World(ScriptedChat(made), **more)


def result_of(events: Iterable[RunEvent]) -> RunResult:
    """The result at the end of the events."""
    *_, last = events
    assert isinstance(last, RunFinished)
    return last.result


def reply_of(events: Iterable[RunEvent]) -> str:
    """The reply as its deltas give it."""
    return "".join(event.text for event in events if isinstance(event, ReplyDelta))


def plan_of(steps: str, output: str = "{reply: answer}", **more: str) -> Plan:
    """A plan with one text input, from the YAML of its steps, indented by two."""
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    text = (
        f"name: trial\nversion: 1\ninput:\n  text: Text\n{extra}steps:\n{steps}\noutput: {output}\n"
    )
    return load_plan(text.encode(), LIBRARY)


def support() -> Plan:
    """The plan of pipeline/support."""
    return load_plans(LIBRARY)["support"]
