"""Every field, row, order and end of a ledger: changed, it is found, at the right record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from router.ledger_reader.canonical import FIELDS, digest
from router.ledger_reader.verify import Anchor, Bad, verify
from tests.unit.router.ledger_reader.held import SECRET, Held, held

LAST = 1030
CHANGED: dict[str, Any] = {
    "v": 2, "seq": 7, "prev": "0" * 64, "id": "rec_other", "at": 1.5, "kind": "run",
    "tenant": "evil", "run_id": "run_other", "request_id": "req_other",
    "fields": {"decision_id": "dec_other"},
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return held(tmp_path_factory.mktemp("ledger"), LAST)


def bad_of(ledger: Held, anchor: Anchor | None = None) -> Bad | None:
    return verify(ledger, SECRET, anchor).first_bad


def anchor_at(ledger: Held, seq: int) -> Anchor:
    return Anchor(seq, str(ledger.rows[seq - 1].hash))


def test_the_untouched_ledger_holds(whole: Held) -> None:
    verdict = verify(whole, SECRET)
    assert verdict.as_dict() == {
        "ok": True, "records": LAST, "segments": 1, "first_bad": None,
        "head": {"seq": LAST, "hash": whole.rows[-1].hash},
        "anchored": False, "authenticated": True,
    }  # fmt: skip
    assert not verify(whole).authenticated


@pytest.mark.parametrize("seq", [1, 2, 500, 1023, 1024, 1025, LAST])
def test_a_changed_field_is_found(whole: Held, seq: int) -> None:
    assert CHANGED.keys() == FIELDS
    assert bad_of(whole) is None
    for name, value in CHANGED.items():
        ledger = whole.copy()
        ledger.set_body(seq, hashed=False, **{name: value})
        assert bad_of(ledger) == Bad(seq, "hash does not match the record"), name


@pytest.mark.parametrize("seq", [1, 2, 500, 1023, 1024, 1025, LAST])
def test_a_changed_field_with_its_hash_is_found(whole: Held, seq: int) -> None:
    assert bad_of(whole) is None
    for name, value in CHANGED.items():
        ledger = whole.copy()
        ledger.set_body(seq, hashed=True, **{name: value})
        found = bad_of(ledger)
        assert found is not None, name
        assert found.seq in (seq, seq + 1), name


@pytest.mark.parametrize("column", ["seq", "id", "body", "hash"])
@pytest.mark.parametrize("value", ["", "x", None, 3, b"x", "0" * 64])
def test_a_changed_column_is_found(whole: Held, column: str, value: object) -> None:
    assert bad_of(whole) is None
    for seq in (1, 600, LAST):
        ledger = whole.copy()
        ledger.set_row(seq, **{column: value})
        found = bad_of(ledger)
        assert found is not None
        assert found.seq == seq


def rows(change: Callable[[list[Any]], object]) -> Callable[[Held], object]:
    return lambda ledger: change(ledger.rows)


def swap(rows: list[Any]) -> None:
    rows[9], rows[10] = rows[10], rows[9]


ORDERS: dict[str, tuple[Callable[[Held], object], int]] = {
    "first gone": (rows(lambda r: r.pop(0)), 1),
    "one gone": (rows(lambda r: r.pop(500)), 501),
    "last gone": (rows(lambda r: r.pop()), LAST),
    "many gone": (rows(lambda r: r.__delitem__(slice(3, None))), 4),
    "all gone": (rows(lambda r: r.clear()), 1),
    "two swapped": (rows(swap), 10),
    "one twice": (rows(lambda r: r.insert(5, r[4])), 6),
    "one more": (rows(lambda r: r.append(r[-1])), LAST + 1),
    "reversed": (rows(lambda r: r.reverse()), 1),
    "no head": (lambda ledger: setattr(ledger, "header", None), 0),
    "other version": (lambda ledger: ledger.set_head(version=2), 0),
    "other ledger": (lambda ledger: ledger.set_head(ledger="f" * 32), 0),
    "earlier head": (lambda ledger: ledger.set_head(seq=5, hash=ledger.rows[4].hash), 0),
    "later head": (lambda ledger: ledger.set_head(seq=LAST + 1), 0),
    "other head hash": (lambda ledger: ledger.set_head(hash="0" * 64), 0),
    "other head mac": (lambda ledger: ledger.set_head(mac="0" * 64), 0),
    "no seal": (lambda ledger: ledger.seals.clear(), 1024),
    "two seals": (lambda ledger: ledger.seals.append(ledger.seals[0]), LAST),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_changed_order_or_end_is_found(whole: Held, name: str) -> None:
    assert bad_of(whole) is None
    change, seq = ORDERS[name]
    ledger = whole.copy()
    change(ledger)
    found = bad_of(ledger)
    assert found is not None
    assert found.seq == seq


@pytest.mark.parametrize(
    ("column", "value"), [("number", 2), ("first", 2), ("last", 1023), ("root", "0" * 64)]
)
def test_a_changed_seal_is_found(whole: Held, column: str, value: object) -> None:
    assert bad_of(whole) is None
    ledger = whole.copy()
    ledger.seals[0] = replace(ledger.seals[0], **{column: value})
    found = bad_of(ledger)
    assert found is not None
    assert found.seq == 1024


def test_without_the_secret_a_moved_head_is_found_by_the_chain(whole: Held) -> None:
    assert verify(whole).ok
    for change in ({"seq": 5}, {"hash": "0" * 64}, {"seq": LAST + 1}, {"ledger": "f" * 32}):
        ledger = whole.copy()
        ledger.set_head(**change)
        assert not verify(ledger).ok, change


def test_a_whole_rewritten_end_is_found_by_the_secret_or_an_anchor(whole: Held) -> None:
    ledger = whole.copy()
    ledger.set_body(1026, hashed=True, tenant="evil")
    ledger.rewrite(1027)
    # Chain and seals fit again: without the secret and without an anchor this cannot be told.
    assert verify(ledger).ok
    assert bad_of(ledger) == Bad(0, "the head was not written with this home's secret")
    assert verify(ledger, anchor=anchor_at(whole, 1025)).anchored
    found = verify(ledger, anchor=anchor_at(whole, LAST)).first_bad
    assert found is not None
    assert found.seq == LAST


def test_an_older_copy_is_found_by_an_anchor_only(whole: Held, tmp_path: Path) -> None:
    older = held(tmp_path, 3)
    assert verify(older, SECRET).ok
    assert bad_of(older, anchor_at(older, 3)) is None
    assert bad_of(older, Anchor(4, "0" * 64)) is not None
    assert bad_of(older, Anchor(3, "0" * 64)) is not None


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda body: body.replace(",", ", ", 1),
        lambda body: body.replace('"seq":2', '"seq":2,"seq":2'),
        lambda body: json.dumps(dict(reversed(json.loads(body).items())), separators=(",", ":")),
        lambda body: body[:-1] + ',"zzz":1}',
        lambda body: "[]",
        lambda body: "{",
        lambda body: body.replace("1002.5", "NaN"),
        lambda body: "[" * 100_000,
    ],
)
def test_one_value_has_one_text(whole: Held, spoilt: Callable[[str], str]) -> None:
    assert bad_of(whole) is None
    ledger = whole.copy()
    body = spoilt(str(ledger.rows[1].body))
    assert body != ledger.rows[1].body
    ledger.set_row(2, body=body, hash=digest(body))
    found = bad_of(ledger)
    assert found is not None
    assert found.seq == 2
    assert "follow" not in found.why


@pytest.mark.parametrize(("name", "value"), [("v", 2), ("seq", 7), ("kind", "other")])
def test_what_is_no_record_is_found_though_all_hashes_fit(
    whole: Held, name: str, value: object
) -> None:
    for changed, ok in (({"tenant": "other"}, True), ({name: value}, False)):
        ledger = whole.copy()
        ledger.set_body(LAST, hashed=True, **changed)
        ledger.set_head(hash=ledger.rows[-1].hash)
        found = verify(ledger).first_bad
        assert (found is None) is ok
    assert found is not None
    assert found.seq == LAST
