"""From the decision to the answer: a model outside is asked about a customer it never sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.collect import collect
from models.deadline import Deadline
from models.messages import ChatRequest, Message
from models.testing.scripted import Say, ScriptedChat
from router.decide import Asked, RouteDecision, decide
from router.label import Clearance, Label, Level
from router.policy import Policy
from router.policy_rules import DeclassifierRule
from router.pseudonyms.declassify import NEVER_TOUCHED
from router.pseudonyms.records import known_in
from router.pseudonyms.run import Redacting, RunPseudonyms
from tests.pseudonym_world import HOME, RECORD
from tests.scripted_world import POLICY, card

RULE = DeclassifierRule(
    "pseudonyms",
    frozenset({"pii"}),
    highest=Level.CONFIDENTIAL,
    lowest=Level.INTERNAL,
    never=NEVER_TOUCHED,
    recall=0.99,
    measured=0.995,
    approved=True,
)
SITES = POLICY.sites | {"remote": Clearance(Level.INTERNAL)}
OPEN = replace(POLICY, sites=SITES, declassifiers={"pseudonyms": RULE})
CARDS = (card("claude", site="remote", dialect="anthropic"),)
CUSTOMER = {"id": "C-1042", "name": "Maria Young", "email": "maria.young@example.com"}
TEXT = "Maria Young <maria.young@example.com> asks for her lamp."


def _redacting(run: RunPseudonyms, rule: DeclassifierRule = RULE, text: str = TEXT) -> Redacting:
    request = ChatRequest("", (Message("user", text),))
    return run.redacting(rule, RECORD, known_in(CUSTOMER, RECORD), request)


def _decide(policy: Policy, label: Label, *redacting: Redacting) -> RouteDecision:
    asked = Asked(model="claude")
    return decide(
        "d", "s", asked, label, CARDS, policy, lambda model: True, 0.0, declassifiers=redacting
    )


async def test_the_decision_is_made_again_for_what_was_redacted() -> None:
    run = RunPseudonyms("acme", "run-1", HOME)
    redacting = _redacting(run)
    assert _decide(OPEN, RECORD).order == ()
    first = _decide(OPEN, RECORD, redacting)
    assert first.order == ()
    offer = first.declassify[0]
    assert (offer.declassifier, offer.model) == ("pseudonyms", "claude")
    second = _decide(OPEN, offer.label)
    assert second.order == ("claude",)

    chat = ScriptedChat(lambda request: Say(tuple(f"Dear {request.messages[-1].content}")))
    sent = replace(redacting.leaving(), model="claude")
    stream = redacting.session.incoming(chat.stream(sent, Deadline.after(5)))
    whole = await collect("claude", stream)
    assert whole.choices[0].message.content == f"Dear {TEXT}"
    assert "Maria" not in str(chat.calls)
    assert "[[PERSON:" in chat.calls[0].messages[-1].content
    assert run.redactions() == [{"type": "EMAIL", "count": 1}, {"type": "PERSON", "count": 1}]
    assert {one.type for one in run.export()} == {"EMAIL", "PERSON"}
    run.close()
    again = await collect(
        "claude", redacting.session.incoming(chat.stream(sent, Deadline.after(5)))
    )
    assert "Maria" not in again.choices[0].message.content


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (replace(RULE, approved=False), TEXT),
        (replace(RULE, measured=0.98), TEXT),
        (replace(RULE, measured=None), TEXT),
        (RULE, "m-a-r-i-a-y-o-u-n-g"),
    ],
)
def test_without_approval_recall_or_a_whole_redaction_nothing_is_offered(
    rule: DeclassifierRule, text: str
) -> None:
    run = RunPseudonyms("acme", "run-1", HOME)
    assert _decide(OPEN, RECORD, _redacting(run)).declassify
    policy = replace(OPEN, declassifiers={"pseudonyms": rule})
    assert _decide(policy, RECORD, _redacting(run, rule, text)).declassify == ()


def test_data_that_redacting_cannot_lower_is_not_redacted() -> None:
    run = RunPseudonyms("acme", "run-1", HOME)
    label = replace(RECORD, categories=frozenset({"pii", "phi"}))
    assert _decide(OPEN, label, _redacting(run)).declassify == ()
    assert run.export() == ()
    assert _decide(OPEN, RECORD, _redacting(run)).declassify
    assert run.export() != ()


def test_two_steps_of_a_run_use_the_same_tokens_and_two_runs_do_not() -> None:
    one, other = RunPseudonyms("acme", "run-1", HOME), RunPseudonyms("acme", "run-2", HOME)
    first, second = _redacting(one).outgoing, _redacting(one).outgoing
    assert first.request == second.request
    assert _redacting(other).outgoing.request != first.request
