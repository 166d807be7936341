"""Every fault of a provider at every point of its stream, in every dialect, through the gateway.

One table says what must come of each. Asked alone, the client gets a typed error by its time; with
a fallback, the fallback answers unless a piece of the first answer is out.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from deployments.outbox import Outbox
from deployments.settings import GatewaySettings, Settings
from deployments.stub.script import Row
from deployments.wire.pings import Pings
from models.catalog import ModelCard
from models.errors import ModelUnavailable
from models.remote.traffic import Traffic
from models.resilience_breaker import BreakerRules
from router.costs import CallCost
from tests.remote_cards import claude_card, gemini_card, remote_card
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import PATIENCE_S, Server
from tests.wire.stub_server import StubServer

WORDS = "a b c d"
LOCAL_REPLY = "Fine, thank you."
# No dialect's stream of four words has more events than this.
POINTS = tuple(range(-1, 12))
# What four words cost of a prompt of three, and the most that the request may cost.
WHOLE_NANO = (3 * 2 + 4 * 8) * 1000
MOST_NANO = 354_000
MODELS_OUTSIDE = ("chatgpt", "claude", "gemini")
# An open breaker stays so for the test's time; a call is held to `SECONDS`, a read to its silence,
# which is over as soon as the stub falls silent: a slow moment of the machine is no fault.
RULES = BreakerRules(failures=9, open_s=600.0, longest_s=600.0)
SECONDS, SILENCE_S = 60.0, 20.0
LONG_S = 4000.0


@dataclass(frozen=True)
class Fault:
    """A row of the stub, and what must come of it when no piece of an answer is out.

    `tries` are requests that leave; `failures` what the breaker counts, None when it opens at
    once, `held` says that the model is left alone for a while. `taken_over` says that a fallback
    answers. `charged` names what the key pays: `nothing`, or the `most` of one call. `left` is
    what the ledger says of each request.
    """

    row: Row
    status: int = 503
    code: str | None = "model_unavailable"
    tries: int = 1
    failures: int | None = 1
    held: bool = False
    taken_over: bool = True
    charged: str = "nothing"
    left: tuple[str, ...] = ("sent",)

    def __str__(self) -> str:
        row = self.row
        what = row.fault or row.status or row.model
        return f"{what}-{row.code}" if row.code else str(what)


def refused(status: int, code: str | None, says: str | None = None) -> Fault:
    """The provider finds the request wrong: so would another one."""
    row = Row(status=status, code=says)
    return Fault(row, 413 if status == 413 else 400, code, failures=0, taken_over=False)


WHOLE: tuple[Fault, ...] = (
    *(Fault(Row(status=status), failures=None) for status in (401, 402, 403, 404, 410)),
    refused(400, None),
    refused(400, "context_length_exceeded", "context_length_exceeded"),
    refused(400, "unsafe_content", "content_filter"),
    refused(413, "request_too_large"),
    Fault(Row(status=429, retry_after=9), 429, "overloaded", failures=0, held=True),
    Fault(Row(status=529, code="overloaded_error", retry_after=9), 429, "overloaded",
          failures=0, held=True),
    Fault(Row(status=500, retry_after=0.05), tries=3, failures=3),
    Fault(Row(status=503, retry_after=9), failures=1, held=True),
    Fault(Row(status=504), 504, "deadline_exceeded", charged="most"),
    Fault(Row(fault="redirect")),
    Fault(Row(fault="empty"), left=("sent", "unknown")),
    Fault(Row(fault="slow_header"), left=("unknown",)),
    Fault(Row(model="gpt-of-somebody-else")),
)  # fmt: skip
STREAMED = ("reset", "stall", "wrong_json", "wrong_type", "error_in_stream", "oversized")
BREAKS: tuple[Fault, ...] = tuple(
    Fault(Row(fault=fault), left=("sent", "unknown")) for fault in STREAMED
)
FULL = Fault(Row(fault="error_in_stream", code="rate_limit_error"), 429, "overloaded",
             failures=0, held=True, left=("sent", "unknown"))  # fmt: skip
CASES = [
    *((model, fault, None) for model in MODELS_OUTSIDE for fault in WHOLE),
    *((model, fault, at) for model in MODELS_OUTSIDE for fault in BREAKS for at in POINTS),
    # The gate holds a full model back, so that no try after the first leaves.
    *((model, FULL, at) for model in MODELS_OUTSIDE for at in (-1, 6)),
]


@dataclass
class Seen:
    """What a client got: text, then an error or the model that answered.

    `named` are the models that the chunks say they are of.
    """

    status: int
    text: str = ""
    error: dict[str, Any] | None = None
    model: str | None = None
    named: frozenset[str] = frozenset()


@dataclass
class Case:
    """What came of one request: at the client, the stub, the ledger, the budget, the breaker."""

    seen: Seen
    received: int
    intents: list[str]
    ends: list[str]
    costs: list[CallCost]
    inside: int
    held: bool
    failures: int | None


class KeptCosts(Outbox[CallCost]):
    """The rows of costs, which can be read at once and go nowhere."""

    def __init__(self, state: Any) -> None:
        super().__init__(state, "record_costs", 1)
        self.rows: list[CallCost] = []

    def add(self, row: CallCost) -> None:
        self.rows.append(row)


@dataclass
class World:
    """A gateway before a stub, a client with a budget, and the case's own traffic."""

    server: Server
    stub: StubServer
    client: httpx2.Client
    now: float = 1000.0
    spent: int = 0
    costs: KeptCosts = field(init=False)
    traffic: Traffic = field(init=False)

    def case(self, row: Row, model: str, **route: Any) -> Case:
        """Nothing of the case before is left; the stub follows `row` and `model` is asked."""
        self.stub.tell(row)
        self.server.on_loop(self._fresh)
        self.server.run(self.server.stage.gateway.status.ask(model))
        seen = self.ask(model, **route)
        costs = self.costs.rows
        self.spent += sum(row.nano for row in costs)
        intents, ends = self.ledger()
        inside = self.server.on_loop(lambda stage: len(stage.chat.calls))
        held = self.traffic.held(model) is not None
        return Case(
            seen, len(self.stub.received), intents, ends, costs, int(inside),
            held, self.failures(model),
        )  # fmt: skip

    def _fresh(self, stage: Any) -> None:
        self.costs = KeptCosts(stage.gateway.state)
        stage.gateway.accounting.costs = self.costs
        rows = cards(self.stub.url)
        self.traffic = Traffic(rows, RULES, clock=lambda: self.now)
        stage.egress.traffic = self.traffic
        stage.ledger.heal()
        stage.reset(LOCAL_REPLY)

    def ask(self, model: str, **route: Any) -> Seen:
        """One streamed answer, read to its end."""
        body = {
            "model": model, "stream": True, "max_tokens": 20,
            "messages": [{"role": "user", "content": "one two three"}],
            "route": {"max_latency_ms": int(SECONDS * 1000), **route},
        }  # fmt: skip
        answer = self.client.post("/v1/chat/completions", json=body)
        if answer.status_code != 200:
            return Seen(answer.status_code, error=answer.json()["error"])
        return _read(answer.text)

    def ledger(self) -> tuple[list[str], list[str]]:
        """The models of the intents, and what became of each."""
        records = self.server.on_loop(lambda stage: list(stage.ledger.records))
        intents = [one for one in records if one.kind == "egress.intent"]
        results = [one for one in records if one.kind == "egress.result"]
        told = {one.fields["intent"]: str(one.fields["status"]) for one in results}
        assert len(told) == len(results)
        return [str(one.fields["model"]) for one in intents], [told[one.id] for one in intents]

    def settled(self) -> int:
        """Nano-USD that the key's budget has spent, once nothing is held of it."""
        end = time.monotonic() + PATIENCE_S
        while True:
            [told] = self.server.on_loop(
                lambda stage: stage.remotes["state"].target.accounts.spent()
            )
            if told.held == 0:
                return int(told.spent)
            assert time.monotonic() < end, "a reservation was never settled"
            time.sleep(0.05)

    def failures(self, model: str) -> int | None:
        """What the breaker counted in a row, None when it is open: told by failing on."""
        held = self.traffic.held(model)
        if held is not None and held.reason == "breaker":
            return None
        self.now += LONG_S
        more = 0
        while self.traffic.held(model) is None:
            passing = self.traffic.begin(model, 1)
            self.traffic.ended(passing, ModelUnavailable("one more"))
            more += 1
        return RULES.failures - more


def cards(url: str) -> tuple[ModelCard, ...]:
    root = url.removesuffix("/v1")
    fields = {
        "price": {"in": 2, "out": 8},
        "engine": {"silence_s": SILENCE_S, "response_bytes": 300_000},
    }
    return (
        remote_card(url, **fields), claude_card(root, **fields), gemini_card(root, **fields),
    )  # fmt: skip


def _read(text: str) -> Seen:
    seen = Seen(200)
    for line in text.splitlines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        event = json.loads(line.removeprefix("data: "))
        assert seen.error is None, "something stands behind the error"
        seen.error = event.get("error")
        seen.named |= {event["model"]} if "model" in event else set()
        for choice in event.get("choices", ()):
            seen.text += choice["delta"].get("content") or ""
        seen.model = (event.get("route") or {}).get("model", seen.model)
    return seen


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with StubServer() as stub:
        folder = tmp_path_factory.mktemp("faults")
        # What is silent until its time is up has no event before.
        gateway = GatewaySettings(pings=Pings(first=2 * SILENCE_S))
        settings = Settings(models=MODELS, gateway=gateway)
        stage = GatedStage(folder, settings, base_url=stub.url, extra=cards(stub.url))
        server = Server(stage).start()
        stub.stub.fell_silent = lambda: server.forward(SILENCE_S)
        # The cases ask how a model is, each at its own time.
        server.on_loop(lambda stage: stage.tasks[1].cancel())
        with plain(server) as admin:
            limits = {"scopes": ["infer", "read"], "budget_usd": ["1000/day"]}
            key = admin.post("/v1/admin/keys", json=limits).json()["key"]
        client = plain(server, None)
        client.headers["authorization"] = f"Bearer {key}"
        client.timeout = httpx2.Timeout(2 * SECONDS)
        with client:
            yield World(server, stub, client)
        server.stop()


@pytest.fixture(scope="module")
def counted() -> Iterator[Counter[str]]:
    """What came of the cases; told when all are through."""
    found: Counter[str] = Counter()
    yield found
    print(f"\nfaults through the gateway: {sum(found.values())} cases: {dict(found)}")


@pytest.mark.parametrize(
    ("model", "fault", "point"), CASES, ids=lambda one: "whole" if one is None else str(one)
)
def test_a_fault_ends_well(
    model: str, fault: Fault, point: int | None, world: World, counted: Counter[str]
) -> None:
    after = {} if point is None else {"after": point}
    row = fault.row.model_copy(update={"reply": WORDS, **after})
    alone = world.case(row, model)
    counted[_kind(alone.seen)] += 1
    _is_typed(alone.seen, fault)
    assert alone.seen.named <= {model}
    _is_counted(alone, fault, model)
    _is_paid_once(alone, fault)
    helped = world.case(row, model, fallback=["mistral"])
    _is_paid_once(helped, fault)
    if alone.seen.error is not None and fault.taken_over and not _begun(helped.seen, model):
        assert (helped.seen.text, helped.seen.model) == (LOCAL_REPLY, "mistral")
        assert helped.seen.named == {"mistral"} and helped.inside == 1
    else:
        _is_typed(helped.seen, fault)
        assert helped.seen.named <= {model}
        assert (helped.seen.error is None) == (alone.seen.error is None)
        assert helped.seen == alone.seen or fault.row.fault in STREAMED
        assert helped.inside == 0, "another model went on with an answer that had begun"


def test_the_table_tells_cases_apart_and_the_budget_adds_up(
    world: World, counted: Counter[str]
) -> None:
    """The faults struck before, within and behind the text, and nothing was charged twice."""
    assert all(counted[kind] for kind in ("refused", "broken off", "whole")), counted
    assert world.settled() == world.spent > 0


def _begun(seen: Seen, model: str) -> bool:
    """Whether a piece of its own came through, which what breaks right behind it may hide."""
    return seen.text != "" and seen.named == {model}


def _kind(seen: Seen) -> str:
    if seen.error is None:
        return "whole"
    return "broken off" if seen.text else "refused"


def _is_typed(seen: Seen, fault: Fault) -> None:
    assert WORDS.startswith(seen.text)
    if seen.error is None:
        assert (seen.status, seen.text) == (200, WORDS)
        assert fault.row.fault in STREAMED, "this one strikes always"
        return
    assert seen.error["code"] == fault.code
    assert "one two three" not in seen.error["message"]
    assert seen.status == (200 if seen.text else fault.status)


def _is_counted(case: Case, fault: Fault, model: str) -> None:
    """The ledger has an intent and an end for all that left, and the breaker what it should."""
    broke, text = case.seen.error is not None, bool(case.seen.text)
    tries = fault.tries if broke and not text else 1
    assert case.received == tries
    assert case.intents == [model] * tries
    assert set(case.ends) <= ({"sent"} if text else set(fault.left))
    assert case.failures == (fault.failures if broke else 0)
    assert case.held == (broke and (fault.held or fault.failures is None))


def _is_paid_once(case: Case, fault: Fault) -> None:
    """One row for what was answered or may have been."""
    rows = [row for row in case.costs if row.model in MODELS_OUTSIDE]
    paid = sum(row.nano for row in rows)
    if case.seen.model in MODELS_OUTSIDE:
        [row] = rows
        assert row.ended == "done"
        assert row.nano == WHOLE_NANO if row.measured else WHOLE_NANO <= row.nano <= MOST_NANO
    elif case.seen.text and case.seen.model is None:
        assert [row.ended for row in rows] == ["failed"]
        assert 0 < paid <= MOST_NANO
    else:
        assert paid == (MOST_NANO if fault.charged == "most" else 0)
        assert len(rows) == (fault.charged == "most")
