"""A whole gateway over scripted models, real documents and a real store of keys and runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from deployments.gateway_state import GatewayState
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus
from deployments.settings import Settings
from models.catalog import Catalog
from models.messages import ChatRequest
from models.testing.scripted import Say, Script, ScriptedChat
from retrieval.opening import Retrieval, open_retrieval
from retrieval.source_tools import open_tools
from router.acts.book import ActBook
from router.detect.scanner import Scanner
from router.keys import Key, Scope
from router.label import Level
from router.label_seal import LabelSeals, seal_key
from router.policy_file import default_policy
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_acts import SqlActStore
from router.store.sql_budgets import SqlBudgetStore
from router.store.sql_costs import SqlCostStore
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import NewKey, State
from router.telemetry import IN_FLIGHT
from tests.scripted_world import FixedSource, card
from tests.support_contract import CRM, FIRST_FACT, TASKS, answers
from tests.wire.hearing import Hearing
from tests.wire.lines import LiveHearing
from tests.wire.local_remote import LocalRemote
from tests.wire.services import (
    ChatService,
    EmbedderService,
    RetrieverService,
    SpeechService,
    StateService,
)
from tests.words_embedder import WordsEmbedder

PEPPER = bytes(32)
INTERNAL_ONLY: Mapping[str, Any] = {"clearance": {"level": "INTERNAL", "categories": "all"}}
CARDS = (
    card("mistral"),
    card("whisper", dialect="whisper", capabilities=frozenset({"transcribe", "words"})),
    card("embed", dialect="embedder", capabilities=frozenset({"embed"})),
    card("small", **INTERNAL_ONLY),
)
KEYS_EVERY_S = 0.05
# For a text that a thread reads: it is about the text, not about who else has the cores.
PATIENCE_S = 30.0


def says(script: Script | Say | str) -> Script:
    """A script that speaks the support pipeline's contract where asked, else follows `script`.

    Without a customer's record the document about refunds is the first passage.
    """
    support = answers(fact=FIRST_FACT)

    def answer(request: ChatRequest) -> Any:
        if request.messages[0].content in TASKS:
            return support(request)
        return script(request) if callable(script) else script

    return answer


def _slowly() -> float:
    """Keys are old after minutes: in seconds a busy machine may not come to read them."""
    return time.monotonic() / 100


@dataclass
class Stage:
    """Everything behind one server; made on the server's own loop."""

    folder: Path
    settings: Settings
    on_loopback: bool = True
    chat: ScriptedChat = field(init=False)
    hearing: Hearing = field(init=False)
    live: LiveHearing = field(init=False)
    source: FixedSource = field(init=False)
    database: Engine = field(init=False)
    store: State = field(init=False)
    retrieval: Retrieval = field(init=False)
    remotes: dict[str, LocalRemote] = field(init=False)
    gateway: GatewayState = field(init=False)
    keys: dict[str, Key] = field(init=False)
    tasks: list[asyncio.Task[None]] = field(init=False)

    async def open(self) -> None:
        """Make everything, and wait until the gateway knows keys and models."""
        self.chat = ScriptedChat(says("Fine, thank you."))
        self.hearing, self.source = Hearing(), FixedSource(CRM)
        self.live = LiveHearing()
        embedder = WordsEmbedder("embed")
        self.database = open_sqlite(self.folder / "state.sqlite")
        upgrade(self.database)
        keys, runs = SqlKeyStore(self.database), SqlRunStore(self.database)
        self.store = State(keys, runs, PEPPER)
        self.keys = {name: self.store.create_key(wanted) for name, wanted in _KEYS.items()}
        past = State(keys, runs, PEPPER, clock=lambda: 1000.0)
        self.keys["expired"] = past.create_key(NewKey("default", expires=2000.0))
        seals = LabelSeals(seal_key(PEPPER))
        self.retrieval = open_retrieval(self.folder / "collections", embedder, seals=seals)
        chat = ChatService(self.chat)
        accounts = Accounts(SqlBudgetStore(self.database))
        self.costs = costs = SqlCostStore(self.database)
        tools = open_tools(self.folder, self.settings.retriever.sources)
        book = ActBook(SqlActStore(self.database))
        targets = {"mistral": chat, "whisper": SpeechService(self.hearing, self.live),
                   "embed": EmbedderService(embedder), "small": chat,
                   "retriever": RetrieverService(self.retrieval, self.source, seals, tools),
                   "state": StateService(self.store, accounts, costs, book)}  # fmt: skip
        self.remotes = {name: LocalRemote(name, target) for name, target in targets.items()}
        self.gateway = self._gateway()
        await self._settle()

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        self.retrieval.close()
        self.database.dispose()

    def reset(self, script: Script | Say | str = "Fine, thank you.") -> None:
        """A fresh script, and nothing remembered of earlier calls but those that still run."""
        chat = ScriptedChat(says(script), running=self.chat.running)
        self.chat.__dict__.update(vars(chat))
        self.hearing.__dict__.update(vars(Hearing()))
        self.live.__dict__.update(vars(LiveHearing()))
        for remote in self.remotes.values():
            remote.heal()

    def idle(self) -> bool:
        """Whether no request, no answer and no clip of an earlier test goes on."""
        told = self.gateway.meter.text({}).decode().splitlines()
        head = f"{IN_FLIGHT.name}{{"
        now = [float(line.rpartition(" ")[2]) for line in told if line.startswith(head)]
        return not (any(now) or self.chat.running or self.live.waiting)

    def _gateway(self) -> GatewayState:
        models = {name: self.remotes[name] for name in self.settings.models}
        return GatewayState(
            settings=self.settings,
            catalog=Catalog(CARDS),
            policy=default_policy(),
            keyring=Keyring(PEPPER, clock=_slowly),
            status=ModelStatus(models),
            models=models,
            retriever=self.remotes["retriever"],
            state=self.remotes["state"],
            salt=PEPPER,
            on_loopback=self.on_loopback,
            scanner=Scanner(answer_s=PATIENCE_S),
        )

    async def _settle(self) -> None:
        gateway = self.gateway
        for name in gateway.models:
            await gateway.status.ask(name)
        gateway.keyring.tell(self.store.list_keys())
        keys = gateway.keyring.watch(gateway.state, KEYS_EVERY_S)
        self.tasks = [asyncio.create_task(keys), asyncio.create_task(gateway.status.watch())]


_KEYS: Mapping[str, NewKey] = {
    "admin": NewKey("default", frozenset({Scope.ADMIN})),
    "infer": NewKey("default", frozenset({Scope.INFER})),
    "read": NewKey("default", frozenset({Scope.READ})),
    "discreet": NewKey("default", floor=Level.CONFIDENTIAL),
    "careful": NewKey("default", frozenset({Scope.WRITE}), floor=Level.CONFIDENTIAL),
    "officer": NewKey("default", frozenset({Scope.APPROVE})),
    "second": NewKey("default", frozenset({Scope.APPROVE})),
    "stranger": NewKey("other", frozenset({Scope.APPROVE})),
    "other": NewKey("other", frozenset({Scope.INFER, Scope.READ, Scope.WRITE})),
}
