"""Any change to a token or its bytes closes the gate; the unchanged pair opens it."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import GatePayloadRefused, GateTokenInvalid, PermissionDenied
from models.messages import Lowering
from router.gate.token import Claims, GateKeys, seal, unseal
from router.label import Integrity, Label, Level
from tests.unit.router.gate.gate_world import KEYS, NOW, passed, payload, sealed

BODY = payload("Hello")
TOKEN = sealed(BODY)
names = st.text(max_size=20)
times = st.floats(min_value=0.0, max_value=2e9)
claims = st.builds(
    Claims,
    request_id=names, decision_id=names, tenant=names, step=names, model=names,
    payload_mac=names, label=names, policy_digest=names, issued=times, expires=times, nonce=names,
)  # fmt: skip


@given(claims)
def test_what_was_sealed_is_unsealed(made: Claims) -> None:
    assert unseal(KEYS, seal(KEYS, made)) == made


@given(claims, st.binary(min_size=32, max_size=32))
def test_without_the_key_nobody_makes_a_token(made: Claims, key: bytes) -> None:
    forged = seal(GateKeys(key, KEYS.payload), made)
    if key != KEYS.token:
        with pytest.raises(GateTokenInvalid):
            unseal(KEYS, forged)


@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_character_of_a_token_can_be_changed(at: int, character: str) -> None:
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]
    assert passed(TOKEN, BODY)
    if changed != TOKEN:
        with pytest.raises(GateTokenInvalid):
            passed(changed, BODY)


@given(st.text(max_size=200))
def test_nonsense_is_no_token(text: str) -> None:
    if text != TOKEN:
        with pytest.raises(GateTokenInvalid):
            unseal(KEYS, text)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_no_byte_of_the_payload_can_be_changed(at: int, flip: int) -> None:
    changed = BODY[:at] + bytes([BODY[at] ^ flip]) + BODY[at + 1 :]
    assert passed(TOKEN, BODY).payload == BODY
    with pytest.raises(GatePayloadRefused):
        passed(TOKEN, changed)


@given(
    st.sampled_from(sorted(asdict(unseal(KEYS, TOKEN)))), names, st.floats(min_value=0, max_value=9)
)
def test_no_claim_can_be_changed_and_sealed_by_another(name: str, text: str, number: float) -> None:
    """Each field is under the MAC: the same claims with one of them changed have another token."""
    made = unseal(KEYS, TOKEN)
    old = getattr(made, name)
    new: object = number if isinstance(old, float) else text
    if name == "lowering":
        new = Lowering(text, "{}")
    body, mac = seal(KEYS, replace(made, **{name: new})).rsplit(".", 1)
    assert passed(TOKEN, BODY)
    if new != old:
        assert mac != TOKEN.rsplit(".", 1)[1]
        with pytest.raises(GateTokenInvalid):
            passed(f"{body}.{TOKEN.rsplit('.', 1)[1]}", BODY)


labels = st.builds(
    Label,
    level=st.sampled_from(Level),
    categories=st.frozensets(st.sampled_from(["pii", "pci", "secret"])),
    integrity=st.sampled_from(Integrity),
    tenants=st.frozensets(st.sampled_from(["acme", "other"])),
    regions=st.none() | st.frozensets(st.sampled_from(["us", "eu"])),
)


@given(labels)
def test_only_internal_data_of_this_tenant_without_categories_passes(label: Label) -> None:
    may = (
        label.level <= Level.INTERNAL
        and not label.categories
        and label.tenants <= {"acme"}
        and (label.regions is None or "us" in label.regions)
    )
    token = sealed(BODY, label=label.to_json())
    if may:
        assert passed(token, BODY, now=NOW).label == label
    else:
        with pytest.raises(PermissionDenied):
            passed(token, BODY, now=NOW)
