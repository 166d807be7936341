"""The way out: intent first, socket second, result last; and nothing leaves when that can't be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from models.deadline import Deadline
from models.errors import (
    GatePayloadRefused,
    GateTokenSpent,
    LedgerUnavailable,
    ModelNotFound,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    Unavailable,
)
from models.messages import ChatDelta, Usage
from models.remote.exchange import Ran
from models.remote.provider_errors import Answered, NeverSent
from router.detect.scan import scan
from router.gate.departure import Departures, GateRules, Look, Outgoing
from router.gate.known_values import KnownValues
from router.gate.last_scan import LastScan
from router.gate.spent import Spent
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.policy import Policy
from tests.unit.router.gate.gate_world import (
    CARD,
    KEYS,
    LOWERING,
    LOWERING_POLICY,
    NOW,
    POLICY,
    payload,
    sealed,
)

PROVIDER_KEY = "sk-provider-key-000001"


@dataclass
class Events:
    """What happened, in order: `intent`, `socket`, `result`; `turns` is how long writing takes."""

    seen: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    fault: Exception = field(default_factory=lambda: LedgerUnavailable("The disk is full."))
    turns: int = 1

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        kind = record.kind.removeprefix("egress.")
        if kind in self.broken:
            raise self.fault
        for _ in range(self.turns):
            await asyncio.sleep(0)
        self.seen.append(kind)
        self.records.append(record)
        return Receipt(record.id, 1, "0" * 64)


@dataclass
class Provider:
    """Says one word, then `fault`, if any; `hold` keeps it from ending."""

    events: Events
    fault: PodiumError | None = None
    words: int = 1
    hold: bool = False
    returned_model: str = "vendor-1-of-today"

    async def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        self.events.seen.append("socket")
        self.events.sent.append(body)
        if ran is not None:
            ran(self.returned_model)
        for _ in range(self.words):
            yield ChatDelta(text="word")
        if self.hold:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        yield ChatDelta(finish_reason="stop", usage=Usage(3, 1))

    async def close(self) -> None:
        return None


def gate(
    events: Events,
    provider: Provider,
    *scans: LastScan,
    policy: Policy = POLICY,
    look: Look | None = None,
    opened: float = 0.0,
) -> Departures:
    rules = GateRules(KEYS, policy, {CARD.id: CARD}, scans or (KnownValues([PROVIDER_KEY]), scan))
    return Departures(
        rules,
        {CARD.id: provider},
        events,
        clock=lambda: NOW + 1.0,
        spent=Spent(opened=opened),
        look=look,
    )


def outgoing(text: str = "Hello", model: str = CARD.id, **fields: Any) -> Outgoing:
    body = payload(text)
    return Outgoing(sealed(body, model, **fields), body, model, "acme")


async def run(departures: Departures, request: Outgoing) -> list[ChatDelta]:
    return [delta async for delta in departures.stream(request, Deadline.after(10))]


async def test_intent_before_socket_before_result() -> None:
    events = Events()
    deltas = await run(gate(events, Provider(events)), outgoing())
    assert "".join(delta.text for delta in deltas) == "word"
    assert events.seen == ["intent", "socket", "result"]
    assert events.sent == [payload("Hello")]


async def test_the_records_say_what_left_without_content() -> None:
    events = Events()
    await run(gate(events, Provider(events)), outgoing("CANARY-of-the-text"))
    intent, result = events.records
    assert intent.durable and intent.request_id == "req_1" and intent.tenant == "acme"
    fields = dict(intent.fields)
    assert fields["bytes"] == len(payload("CANARY-of-the-text"))
    assert (fields["model"], fields["site"], fields["region"]) == ("chatgpt", "openai", "us")
    assert (fields["decision_id"], fields["rule"]) == ("dec_1", "sites.openai")
    assert fields["label"]["level"] == "INTERNAL"
    assert result.fields["intent"] == intent.id
    assert result.fields["status"] == "sent"
    assert result.fields["returned_model"] == "vendor-1-of-today"

    assert result.fields["completion_tokens"] == 1
    assert b"CANARY-of-the-text" in events.sent[0]
    assert "CANARY" not in repr(events.records)


@pytest.mark.parametrize("said", ["Dear Maria, your IBAN is", "x" * 700, "a\nb", "DE89 3704"])
async def test_a_provider_can_write_no_text_into_the_ledger(said: str) -> None:
    """It names the model it ran, and may name anything: what it was sent, say."""
    events = Events()
    await run(gate(events, Provider(events, returned_model=said)), outgoing())
    result = events.records[-1]
    assert (result.fields["status"], result.fields["returned_model"]) == ("sent", "unreadable")


async def test_nothing_leaves_while_the_ledger_can_not_be_written() -> None:
    well, broken = Events(), Events(broken=frozenset({"intent"}))
    await run(gate(well, Provider(well)), outgoing())
    assert len(well.sent) == 1
    with pytest.raises(Unavailable) as caught:
        await run(gate(broken, Provider(broken)), outgoing())
    assert caught.value.status == 503
    assert not broken.sent


@pytest.mark.parametrize("fault", [OSError("No space left"), ValueError("not plain JSON")], ids=str)
async def test_whatever_keeps_the_intent_from_disk_keeps_the_request_inside(
    fault: Exception,
) -> None:
    events = Events(broken=frozenset({"intent"}), fault=fault)
    with pytest.raises(Unavailable):
        await run(gate(events, Provider(events)), outgoing())
    assert not events.sent
    events.broken = frozenset({"result"})
    assert await run(gate(events, Provider(events)), outgoing())
    assert len(events.sent) == 1


async def test_a_lowered_label_is_on_disk_before_the_intent_and_the_socket() -> None:
    events = Events()
    departures = gate(events, Provider(events), policy=LOWERING_POLICY)
    await run(departures, outgoing("[[EMAIL:k3f9q2x7]]", lowering=LOWERING))
    assert events.seen == ["declassification", "intent", "socket", "result"]
    lowered, intent, _ = events.records
    assert lowered.durable and lowered.request_id == "req_1"
    fields = dict(lowered.fields)
    assert fields["declassifier"] == "pseudonyms"
    assert fields["counts"] == {"EMAIL": 2, "PERSON": 1}
    assert fields["label_before"]["level"] == "CONFIDENTIAL"
    assert fields["label_before"]["categories"] == ["pii"]
    assert fields["label_after"]["level"] == "INTERNAL"
    assert (fields["decision_id"], fields["policy_digest"]) == ("dec_1", POLICY.digest)
    assert intent.fields["declassification"] == lowered.id
    assert (intent.fields["rule"], intent.fields["region"]) == ("sites.openai", "us")
    assert b"EMAIL" in events.sent[0] and "k3f9q2x7" not in repr(events.records)


async def test_nothing_leaves_while_a_lowered_label_can_not_be_written_down() -> None:
    well, broken = Events(), Events(broken=frozenset({"declassification"}))
    for events in (well, broken):
        departures = gate(events, Provider(events), policy=LOWERING_POLICY)
        if events is well:
            await run(departures, outgoing(lowering=LOWERING))
            continue
        with pytest.raises(Unavailable):
            await run(departures, outgoing(lowering=LOWERING))
    assert len(well.sent) == 1
    assert not broken.sent and not broken.seen


async def test_a_refused_request_has_used_its_token_up() -> None:
    events = Events()
    departures, request = gate(events, Provider(events)), outgoing(f"the key is {PROVIDER_KEY}")
    with pytest.raises(GatePayloadRefused):
        await run(departures, request)
    with pytest.raises(GateTokenSpent):
        await run(departures, request)


async def test_an_answer_is_not_lost_with_its_result() -> None:
    events = Events(broken=frozenset({"result"}))
    assert await run(gate(events, Provider(events)), outgoing())
    assert events.seen == ["intent", "socket"]


async def test_a_token_is_good_once() -> None:
    events = Events()
    departures, request = gate(events, Provider(events)), outgoing()
    await run(departures, request)
    with pytest.raises(GateTokenSpent):
        await run(departures, request)
    assert len(events.sent) == 1


async def test_of_many_who_race_on_one_token_one_gets_out() -> None:
    events = Events()
    departures, request = gate(events, Provider(events)), outgoing()
    ended = [asyncio.ensure_future(run(departures, request)) for _ in range(8)]
    await asyncio.wait(ended)
    assert sorted(type(one.exception()) is GateTokenSpent for one in ended) == [False] + [True] * 7
    assert len(events.sent) == 1 and events.seen.count("intent") == 1


async def test_a_gate_opened_later_takes_no_token_of_before() -> None:
    events = Events()
    first, second = (gate(events, Provider(events), opened=at) for at in (0.0, NOW + 0.5))
    assert await run(first, outgoing())
    with pytest.raises(ModelUnavailable, match="only just opened"):
        await run(second, outgoing())
    assert len(events.sent) == 1


async def test_models_that_are_not_enabled_are_not_found() -> None:
    events = Events()
    with pytest.raises(ModelNotFound):
        await run(gate(events, Provider(events)), outgoing(model="other"))
    assert not events.seen


@dataclass(frozen=True)
class Half:
    """A scan that was not complete."""

    findings: tuple[Any, ...] = ()
    complete: bool = False


REFUSED: tuple[tuple[str, tuple[LastScan, ...]], ...] = (
    (f"the key is {PROVIDER_KEY}", ()),
    (f"the token is ghp_{'k3Xw9QzR7a' * 3}Lm4TpV", ()),
    ("Hello", (lambda text: Half(),)),
)


@pytest.mark.parametrize("case", REFUSED, ids=["known", "detected", "incomplete"])
async def test_secrets_and_unread_text_stay_inside(
    case: tuple[str, tuple[LastScan, ...]],
) -> None:
    text, scans = case
    events = Events()
    await run(gate(events, Provider(events)), outgoing("Hello"))
    assert len(events.sent) == 1
    with pytest.raises(GatePayloadRefused) as caught:
        await run(gate(events, Provider(events), *scans), outgoing(text))
    assert len(events.sent) == 1 and text not in caught.value.message


async def test_a_secret_can_not_hide_in_json_escapes() -> None:
    events = Events()
    with pytest.raises(GatePayloadRefused):
        await run(gate(events, Provider(events)), outgoing(f'"\\{PROVIDER_KEY}\n'))


def _answered(error: PodiumError) -> PodiumError:
    error.__cause__ = Answered(429)
    return error


ENDS: tuple[tuple[Callable[[], PodiumError], int, str], ...] = (
    (lambda: NeverSent("no connection"), 0, "failed"),
    (lambda: ModelUnavailable("cut"), 0, "unknown"),
    (lambda: ModelUnavailable("cut"), 1, "sent"),
    (lambda: _answered(Overloaded("full")), 0, "sent"),
)


@pytest.mark.parametrize("case", ENDS, ids=["no-connection", "cut", "cut-later", "refused"])
async def test_how_it_ended(case: tuple[Callable[[], PodiumError], int, str]) -> None:
    make, words, status = case
    events = Events()
    with pytest.raises(PodiumError):
        await run(gate(events, Provider(events, make(), words)), outgoing())
    assert events.records[-1].fields["status"] == status


async def test_a_caller_that_leaves_is_recorded() -> None:
    events = Events()
    departures = gate(events, Provider(events, hold=True))
    stream: Any = departures.stream(outgoing(), Deadline.after(10))
    async with aclosing(stream):
        await anext(stream)
        assert events.seen == ["intent", "socket"]
    assert events.seen == ["intent", "socket", "result"]


async def test_a_cancelled_caller_is_recorded() -> None:
    events = Events()
    task = asyncio.create_task(run(gate(events, Provider(events, hold=True)), outgoing()))
    while "socket" not in events.seen:  # noqa: ASYNC110 - the provider has no event to wait for
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events.seen[-1] == "result"


async def cancelled_twice(task: asyncio.Task[Any], events: Events) -> None:
    """Cancel while the provider is asked, and again while its result is being written."""
    while "socket" not in events.seen:  # noqa: ASYNC110 - the provider has no event to wait for
        await asyncio.sleep(0)
    events.turns = 20
    task.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert events.seen[-1] == "socket"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(30):
        await asyncio.sleep(0)
    assert events.seen[-1] == "result"


async def test_a_caller_that_is_cancelled_twice_is_recorded() -> None:
    events = Events()
    task = asyncio.create_task(run(gate(events, Provider(events, hold=True)), outgoing()))
    await cancelled_twice(task, events)
