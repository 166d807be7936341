"""Records take names, counts and digests, and refuse what content looks like."""

from __future__ import annotations

from typing import Any

import pytest

from router.ledger.mac import head_mac, payload_key, payload_mac
from router.ledger.record import ALWAYS_DURABLE, Record


def record(**fields: Any) -> Record:
    return Record("run", "acme", 1.0, fields)


def test_plain_data_is_taken() -> None:
    kept = record(n=1, share=0.5, ok=True, none=None, names=["a", {"b": "c"}], label={"x": []})
    assert kept.fields["names"] == ["a", {"b": "c"}]
    assert record().id != record().id


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"prompt": "x"}, "fields.prompt"),
        ({"steps": [{"text": "x"}]}, "fields.steps.text"),
        ({"a": "x" * 513}, "fields.a"),
        ({"a": float("nan")}, "fields.a"),
        ({"a": 2**53}, "fields.a"),
        ({"a": b"x"}, "fields.a"),
        ({"a": {1: 2}}, "fields.a"),
        ({"a b": 1}, "fields"),
        ({"a": "\ud800"}, "fields.a"),
        ({"a": [[[[[[1]]]]]]}, "fields.a"),
        ({"a": [0] * 3000}, "fields"),
    ],
)
def test_what_is_not_plain_or_looks_like_content_is_refused(
    fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: ") as refused:
        record(**fields)
    assert "xxx" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"kind": "other"}, "kind"),
        ({"tenant": "x" * 600}, "tenant"),
        ({"at": float("inf")}, "at"),
        ({"id": ""}, "id"),
        ({"fields": []}, "fields"),
    ],
)
def test_what_is_no_record_is_refused(changed: dict[str, Any], named: str) -> None:
    given: dict[str, Any] = {"kind": "run", "tenant": "t", "at": 1.0, "fields": {}, **changed}
    with pytest.raises(ValueError, match=f"^{named}: "):
        Record(**given)


def test_some_kinds_are_durable_whatever_is_asked() -> None:
    assert {"egress.intent", "declassification", "admin", "act.intent"} == ALWAYS_DURABLE
    assert Record("admin", "", 1.0).durable
    assert not record().durable


def test_a_payload_mac_needs_the_key_and_is_the_tenants_own() -> None:
    key = payload_key(b"s" * 32)
    mac = payload_mac(key, "acme", b"Hello")
    assert mac == payload_mac(key, "acme", b"Hello")
    assert mac.startswith("hmac-sha256:")
    others = {
        payload_mac(key, "other", b"Hello"),
        payload_mac(key, "acme", b"hello"),
        payload_mac(payload_key(b"t" * 32), "acme", b"Hello"),
    }
    assert len(others | {mac}) == 4
    assert head_mac(key, "l", 1, "h") != head_mac(key, "l", 2, "h")
