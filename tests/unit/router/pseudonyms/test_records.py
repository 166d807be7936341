"""Records: which of their fields hold known values, and of what type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.pseudonyms.records import known_in
from tests.pseudonym_world import RECORD


def _known(record: object) -> list[tuple[str, str]]:
    return [(one.type, one.value) for one in known_in(record, RECORD, "C-1")]


def test_a_customer_with_orders() -> None:
    record = {
        "id": "C-1042",
        "name": "Maria Young",
        "email": "maria@x.org",
        "phone": None,
        "vip": True,
        "orders": [{"order_id": 4711, "product_name": "Lamp", "status": "sent"}],
        "address": {"street": "12 Elm Street", "city": "Springfield"},
        "phones": ["030 1", "030 2"],
    }
    assert _known([record]) == [
        ("customer", "C-1042"),
        ("person", "Maria Young"),
        ("email", "maria@x.org"),
        ("order", "4711"),
        ("address", "12 Elm Street"),
        ("phone", "030 1"),
        ("phone", "030 2"),
    ]
    assert {(one.subject, one.label) for one in known_in(record, RECORD, "C-1")} == {
        ("C-1", RECORD)
    }


def test_first_and_last_name_are_one_person() -> None:
    found = _known({"firstName": "Maria", "last_name": "Young"})
    assert found == [("person", "Maria Young"), ("person", "Maria"), ("person", "Young")]


@pytest.mark.parametrize(
    ("field", "type_"),
    [
        ("E-Mail", "email"),
        ("customerEmail", "email"),
        ("mobile_no", "phone"),
        ("tel", "phone"),
        ("shipping_address", "address"),
        ("zip", "address"),
        ("orderNumber", "order"),
        ("order_no", "order"),
        ("account", "customer"),
        ("IBAN", "iban"),
        ("contact_name", "person"),
        ("surname", "person"),
    ],
)
def test_fields_go_by_their_names(field: str, type_: str) -> None:
    assert _known({field: "value"}) == [(type_, "value")]


@pytest.mark.parametrize("field", ["product_name", "fileName", "hotel", "status", "note", "model"])
def test_other_fields_are_left_out(field: str) -> None:
    assert _known({"name": "x", field: "value"}) == [("person", "x")]


def test_the_one_subject_of_a_label_is_that_of_its_values() -> None:
    def subject(*names: str) -> str | None:
        label = replace(RECORD, subjects=frozenset(names))
        return next(known_in({"name": "x"}, label)).subject

    assert (subject(), subject("C-1"), subject("C-1", "C-2")) == (None, "C-1", None)


def test_what_nests_without_end_ends() -> None:
    record: dict[str, object] = {"name": "x"}
    record["self"] = record
    assert set(_known(record)) == {("person", "x")}
    assert _known("text") == []
