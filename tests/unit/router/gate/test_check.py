"""The gate's decision: what was decided may leave, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from models.errors import (
    GatePayloadRefused,
    GateTokenExpired,
    GateTokenInvalid,
    PolicyDenied,
)
from router.gate.token import gate_keys
from router.label import Label, Level
from router.policy_file import load_policy
from tests.remote_cards import remote_card
from tests.unit.router.gate.gate_world import (
    BEFORE,
    CARD,
    LABEL,
    LOWERING,
    LOWERING_POLICY,
    NOW,
    POLICY,
    passed,
    payload,
    sealed,
)


def test_what_was_decided_on_may_leave() -> None:
    body = payload("Hello")
    permit = passed(sealed(body), body)
    assert permit.payload == body
    assert permit.body["messages"][0]["content"] == "Hello"
    assert (permit.label, permit.rule) == (LABEL, "sites.openai")
    assert (permit.claims.decision_id, permit.claims.step) == ("dec_1", "request")


def test_other_bytes_stay_inside() -> None:
    token = sealed(payload("Hello"))
    assert passed(token, payload("Hello"))
    with pytest.raises(GatePayloadRefused):
        passed(token, payload("Hello."))


def test_a_token_lasts_half_a_minute() -> None:
    body = payload()
    token = sealed(body)
    assert passed(token, body, now=NOW + 29.9)
    with pytest.raises(GateTokenExpired):
        passed(token, body, now=NOW + 30.0)


def test_a_token_from_the_future_is_refused() -> None:
    body = payload()
    token = sealed(body)
    assert passed(token, body, now=NOW - 1.9)
    with pytest.raises(GateTokenInvalid):
        passed(token, body, now=NOW - 2.1)


def test_another_tenant_may_not_use_it() -> None:
    body = payload()
    token = sealed(body)
    assert passed(token, body, tenant="acme")
    with pytest.raises(GateTokenInvalid):
        passed(token, body, tenant="other")


def test_data_of_another_tenant_stays_inside() -> None:
    body = payload()
    foreign = replace(LABEL, tenants=frozenset({"other"}))
    assert passed(sealed(body, label=LABEL.to_json()), body)
    with pytest.raises(GateTokenInvalid):
        passed(sealed(body, label=foreign.to_json()), body)


def test_another_model_may_not_be_asked_with_it() -> None:
    body = payload()
    other = remote_card(id="other", vendor_model="vendor-1")
    assert passed(sealed(body, model="other"), body, card=other)
    with pytest.raises(GateTokenInvalid):
        passed(sealed(body), body, card=other)


def test_another_home_s_token_is_refused() -> None:
    body = payload()
    with pytest.raises(GateTokenInvalid):
        passed(sealed(body), body, keys=gate_keys(b"t" * 32))


@pytest.mark.parametrize(
    "label",
    [
        Label(Level.CONFIDENTIAL),
        Label(Level.INTERNAL, frozenset({"pii"})),
        Label(Level.PUBLIC, regions=frozenset({"eu"})),
        Label(Level.PUBLIC, expires=NOW),
    ],
    ids=["level", "categories", "region", "expired"],
)
def test_the_gate_decides_again(label: Label) -> None:
    """The router's token says yes; the gate's own policy says no."""
    body = payload()
    assert passed(sealed(body, label=Label().to_json()), body)
    with pytest.raises(PolicyDenied) as caught:
        passed(sealed(body, label=label.to_json()), body)
    assert caught.value.code == "policy_denied"


def test_an_unreadable_label_is_the_top() -> None:
    body = payload()
    with pytest.raises(PolicyDenied):
        passed(sealed(body, label="{}"), body)


def test_a_token_of_another_policy_is_decided_on_by_the_gate_s_own() -> None:
    body, other = payload(), "0" * 64
    permit = passed(sealed(body, policy_digest=other), body)
    assert (permit.rule, permit.policy_digest) == ("sites.openai", POLICY.digest)
    secret = sealed(body, policy_digest=other, label=Label(Level.CONFIDENTIAL).to_json())
    with pytest.raises(PolicyDenied):
        passed(secret, body)


def test_a_lowered_label_counts_only_where_the_gate_s_policy_approves_of_it() -> None:
    body = payload()
    token = sealed(body, lowering=LOWERING)
    assert passed(token, body, policy=LOWERING_POLICY).label == LABEL
    with pytest.raises(PolicyDenied) as caught:
        passed(token, body, policy=POLICY)
    assert "declassifiers.pseudonyms" in caught.value.message


@pytest.mark.parametrize(
    "before",
    [
        replace(BEFORE, level=Level.RESTRICTED),
        replace(BEFORE, categories=frozenset({"pii", "phi"})),
        LABEL,
    ],
    ids=["too-high", "never", "nothing-to-remove"],
)
def test_a_declassifier_can_not_do_more_than_its_rule(before: Label) -> None:
    body = payload()
    assert passed(sealed(body, lowering=LOWERING), body, policy=LOWERING_POLICY)
    more = replace(LOWERING, label=before.to_json())
    with pytest.raises(PolicyDenied):
        passed(sealed(body, lowering=more), body, policy=LOWERING_POLICY)


def test_the_gate_goes_by_its_own_policy() -> None:
    text = re.sub(rb"(\n  openai: +{level: )INTERNAL", rb"\1PUBLIC", _default())
    narrower = load_policy(text)
    body = payload()
    assert passed(sealed(body), body)
    with pytest.raises(PolicyDenied):
        passed(sealed(body, policy_digest=narrower.digest), body, policy=narrower)


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[1]",
        b'{"model":"vendor-1","model":"vendor-1","messages":[]}',
        b'{"model":"vendor-1","messages":[],"temperature":NaN}',
        b'{"model":"vendor-2","messages":[]}',
        b'{"model":"vendor-1","messages":[],"metadata":{}}',
    ],
    ids=["no-json", "no-object", "twice", "nan", "other-model", "unknown-field"],
)
def test_only_known_fields_for_the_right_model_leave(body: bytes) -> None:
    """The token is for these very bytes, so only their form can be at fault."""
    least = b'{"model":"vendor-1","messages":[]}'
    assert passed(sealed(least), least)
    with pytest.raises(GatePayloadRefused) as caught:
        passed(sealed(body), body)
    assert "vendor-2" not in caught.value.message


def test_a_row_without_a_vendor_model_goes_by_its_id() -> None:
    card = remote_card(vendor_model=None)
    body = json.dumps({"model": "chatgpt", "messages": []}).encode()
    assert passed(sealed(body), body, card=card)
    with pytest.raises(GatePayloadRefused):
        passed(sealed(body), body, card=CARD)


def _default() -> bytes:
    from importlib import resources

    raw = resources.files("router").joinpath("policies", "policy.yaml").read_bytes()
    assert load_policy(raw).digest == POLICY.digest
    return raw
