"""Labels: where they may flow, and their text."""

from __future__ import annotations

import json
import pickle

import pytest

from router.label import (
    TOP,
    Clearance,
    Integrity,
    Label,
    LabelFilter,
    Level,
    label_from_json,
)

ANYTHING = Clearance(Level.RESTRICTED, None)


def test_a_join_takes_the_stricter_of_each_component() -> None:
    one = Label(
        Level.INTERNAL, frozenset({"pii"}), Integrity.UNTRUSTED, frozenset({"a"}),
        frozenset({"eu", "us"}), frozenset({"C-1"}), 100.0,
    )  # fmt: skip
    other = Label(
        Level.RESTRICTED, frozenset({"pci"}), Integrity.USER, frozenset({"b"}),
        frozenset({"eu", "ch"}), frozenset({"C-2"}), 50.0,
    )  # fmt: skip
    both = Label(
        Level.RESTRICTED, frozenset({"pii", "pci"}), Integrity.UNTRUSTED, frozenset({"a", "b"}),
        frozenset({"eu"}), frozenset({"C-1", "C-2"}), 50.0,
    )  # fmt: skip
    assert one.join(other) == other.join(one) == both
    assert Label(regions=frozenset({"eu"})).join(Label()).regions == {"eu"}
    assert both.covers(one)
    assert not one.covers(other)
    assert not other.covers(one)


def test_everything_may_be_worked_on_inside() -> None:
    assert TOP.flows_to(ANYTHING)


@pytest.mark.parametrize(
    ("label", "clearance", "obstacle"),
    [
        (Label(Level.INTERNAL), Clearance(Level.PUBLIC), "level"),
        (Label(categories=frozenset({"pii"})), Clearance(), "categories"),
        (Label(integrity=Integrity.UNTRUSTED), Clearance(integrity=Integrity.USER), "integrity"),
        (Label(tenants=frozenset({"a"})), Clearance(tenants=frozenset({"b"})), "tenants"),
        (Label(regions=frozenset({"eu"})), Clearance(region="us"), "regions"),
        (Label(regions=frozenset()), Clearance(region="us"), "regions"),
    ],
)
def test_one_component_out_of_bounds_is_enough(
    label: Label, clearance: Clearance, obstacle: str
) -> None:
    assert label.flows_to(ANYTHING)
    assert label.obstacle(clearance) == obstacle


def test_data_of_two_tenants_is_quarantined_everywhere() -> None:
    one = Label(tenants=frozenset({"a"}))
    assert one.flows_to(ANYTHING)
    assert one.join(Label(tenants=frozenset({"b"}))).obstacle(ANYTHING) == "tenants"


def test_data_stops_flowing_when_it_expires() -> None:
    label = Label(expires=100.0)
    assert label.flows_to(ANYTHING, now=99.0)
    assert not label.flows_to(ANYTHING, now=100.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '{"level":"PUBLIC"}',
    ],
)
def test_what_cannot_be_read_is_the_top(text: str) -> None:
    assert label_from_json(text) == TOP


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", "SECRET"),
        ("level", 0),
        ("integrity", None),
        ("categories", "pii"),
        ("categories", [1]),
        ("regions", {}),
        ("expires", "never"),
        ("expires", True),
        ("expires", 1e999),
        ("colour", "red"),
    ],
)
def test_one_wrong_field_makes_it_the_top(field: str, value: object) -> None:
    data = Label().as_dict()
    assert label_from_json(json.dumps(data)) == Label()
    assert label_from_json(json.dumps(data | {field: value})) == TOP


def test_clients_see_neither_tenants_nor_subjects() -> None:
    label = Label(tenants=frozenset({"acme"}), subjects=frozenset({"C-1042"}))
    assert "acme" in json.dumps(label.as_dict())
    assert label.public() == {
        "level": "PUBLIC",
        "categories": [],
        "integrity": "TRUSTED",
        "regions": None,
    }


def test_a_filter_survives_pickling() -> None:
    before = LabelFilter(Clearance(Level.INTERNAL), 5.0)
    after = pickle.loads(pickle.dumps(before))  # noqa: S301 - our own bytes
    assert after == before
    assert after.allows(Label(Level.INTERNAL).to_json())
    assert not after.allows(Label(Level.CONFIDENTIAL).to_json())
