"""The model behind its pseudonyms: it says what was lowered, and never sees a value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.collect import collect
from models.deadline import Deadline
from models.errors import InternalError
from models.messages import ChatRequest, Message, Origin
from models.testing.scripted import Say, ScriptedChat
from router.label import label_from_json
from router.policy_rules import DeclassifierRule
from router.pseudonyms.chat import PseudonymousChat
from router.pseudonyms.records import known_in
from router.pseudonyms.run import Redacting, RunPseudonyms
from tests.pseudonym_world import HOME, RECORD

RULE = DeclassifierRule("pseudonyms", frozenset({"pii"}), recall=0.9, measured=0.9, approved=True)
TEXT = "Maria Young <maria.young@example.com> asks for her lamp."
REQUEST = ChatRequest(
    "claude",
    (Message("user", TEXT),),
    origin=Origin("req_1", "dec_1", "acme", "request", RECORD.to_json(), "digest"),
)


@pytest.fixture
def chat() -> ScriptedChat:
    return ScriptedChat(lambda request: Say(tuple(f"Dear {request.messages[-1].content}")))


@pytest.fixture
def redacting() -> Redacting:
    run = RunPseudonyms("acme", "run-1", HOME)
    known = known_in({"name": "Maria Young"}, RECORD)
    made = run.redacting(RULE, RECORD, known, replace(REQUEST, model="", origin=None))
    assert made.applies(RECORD) is not None
    return made


@pytest.mark.parametrize("stream", [False, True])
async def test_tokens_go_in_and_values_come_out(
    chat: ScriptedChat, redacting: Redacting, stream: bool
) -> None:
    model, deadline = PseudonymousChat(chat, redacting), Deadline.after(5)
    if stream:
        answer = await collect("claude", model.stream(REQUEST, deadline))
    else:
        answer = await model.complete(REQUEST, deadline)
    assert answer.choices[0].message.content == f"Dear {TEXT}"
    (sent,) = chat.calls
    assert "Maria" not in str(sent.messages) and "[[PERSON:" in sent.messages[-1].content
    assert sent.model == "claude" and sent.origin is not None
    lowering = sent.origin.lowering
    assert lowering is not None and lowering.declassifier == "pseudonyms"
    assert label_from_json(lowering.label) == RECORD
    assert lowering.counts == (("EMAIL", 1), ("PERSON", 1))


async def test_a_request_without_its_decision_is_not_sent(
    chat: ScriptedChat, redacting: Redacting
) -> None:
    model = PseudonymousChat(chat, redacting)
    await model.complete(REQUEST, Deadline.after(5))
    with pytest.raises(InternalError):
        await model.complete(replace(REQUEST, origin=None), Deadline.after(5))
    assert len(chat.calls) == 1


async def test_a_label_nobody_asked_about_is_the_top(redacting: Redacting) -> None:
    run = RunPseudonyms("acme", "run-1", HOME)
    unasked = run.redacting(RULE, RECORD, (), REQUEST)
    assert label_from_json(redacting.lowering().label) == RECORD
    assert label_from_json(unasked.lowering().label).level.name == "RESTRICTED"
