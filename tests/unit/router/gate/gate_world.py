"""A gate under test: its keys and policy, and tokens as the router makes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.messages import ChatRequest, Lowering, Message, Origin
from models.remote.registry import wire_body, wire_fields
from router.gate.check import Permit, check
from router.gate.sealer import Sealer
from router.gate.token import gate_keys
from router.label import Integrity, Label, Level
from router.policy_file import default_policy, default_text, load_policy
from tests.remote_cards import remote_card

NOW = 1_000_000.0
KEYS = gate_keys(b"s" * 32)
POLICY = default_policy()
CARD = remote_card()
LABEL = Label(Level.INTERNAL, integrity=Integrity.USER, tenants=frozenset({"acme"}))


LOWERING_POLICY = load_policy(
    default_text().replace(
        b"declassifiers: {}",
        b"declassifiers:\n  pseudonyms: {removes: [pii],"
        b" lowers: {from: CONFIDENTIAL, to: INTERNAL}, never: [secret, phi, legal, customer_audio],"
        b" recall_required: 0.99,"
        b" recall_measured: 0.99, approved: true}",
    )
)
BEFORE = replace(LABEL, level=Level.CONFIDENTIAL, categories=frozenset({"pii"}))
LOWERING = Lowering("pseudonyms", BEFORE.to_json(), (("EMAIL", 2), ("PERSON", 1)))


def origin(**fields: Any) -> Origin:
    """Where an ordinary request comes from."""
    made = {
        "request_id": "req_1",
        "decision_id": "dec_1",
        "tenant": "acme",
        "step": "request",
        "label": LABEL.to_json(),
        "policy_digest": POLICY.digest,
    }
    return Origin(**(made | fields))


def payload(text: str = "Hello") -> bytes:
    """The bytes of an ordinary request."""
    return wire_body(CARD, ChatRequest(CARD.id, (Message("user", text),)))


def sealed(body: bytes, model: str = CARD.id, **fields: Any) -> str:
    """A token for `body`, made at NOW."""
    return Sealer(KEYS, clock=lambda: NOW).seal(model, origin(**fields), body)


def passed(token: str, body: bytes, **fields: Any) -> Permit:
    """What the gate says of it, one second later unless told."""
    asked = {
        "keys": KEYS,
        "tenant": "acme",
        "policy": POLICY,
        "card": CARD,
        "fields": wire_fields(CARD),
        "now": NOW + 1.0,
    }
    return check(token, body, **(asked | fields))
