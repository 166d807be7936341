"""The laws of the label lattice, over drawn labels."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from router.label import (
    LEAST,
    TOP,
    Clearance,
    Integrity,
    Label,
    LabelFilter,
    Level,
    join_all,
    label_from_json,
)

names = st.frozensets(st.sampled_from(["pii", "phi", "eu", "us", "acme", "site-own"]), max_size=4)
times = st.none() | st.floats(min_value=0, max_value=2e9)
labels = st.builds(
    Label,
    level=st.sampled_from(Level),
    categories=names,
    integrity=st.sampled_from(Integrity),
    tenants=names,
    regions=st.none() | names,
    subjects=names,
    expires=times,
)
clearances = st.builds(
    Clearance,
    level=st.sampled_from(Level),
    categories=st.none() | names,
    integrity=st.sampled_from(Integrity),
    tenants=st.none() | names,
    region=st.none() | st.sampled_from(["eu", "us"]),
)


@given(labels, labels)
def test_join_does_not_depend_on_order(a: Label, b: Label) -> None:
    assert a.join(b) == b.join(a)


@given(labels, labels, labels)
def test_join_does_not_depend_on_grouping(a: Label, b: Label, c: Label) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))


@given(labels)
def test_join_with_itself_or_with_the_least_changes_nothing(a: Label) -> None:
    assert a.join(a) == a
    assert a.join(LEAST) == a == LEAST.join(a)


@given(labels, labels, clearances, times)
def test_what_may_receive_a_join_may_receive_each_part(
    a: Label, b: Label, clearance: Clearance, now: float | None
) -> None:
    if a.join(b).flows_to(clearance, now):
        assert a.flows_to(clearance, now)
        assert b.flows_to(clearance, now)


@given(labels, labels, st.sampled_from(["eu", "us", "acme"]))
def test_a_region_is_allowed_for_both_or_not_at_all(a: Label, b: Label, region: str) -> None:
    here = Clearance(Level.RESTRICTED, None, region=region)
    both = [Label(regions=one.regions).flows_to(here) for one in (a, b)]
    assert Label(regions=a.regions).join(Label(regions=b.regions)).flows_to(here) == all(both)


@given(labels, labels, st.floats(min_value=0, max_value=2e9))
def test_a_join_expires_with_the_first_of_its_parts(a: Label, b: Label, now: float) -> None:
    anything = Clearance(Level.RESTRICTED, None)
    alive = [Label(expires=one.expires).flows_to(anything, now) for one in (a, b)]
    joined = Label(expires=a.expires).join(Label(expires=b.expires))
    assert joined.flows_to(anything, now) == all(alive)


@given(labels, labels)
def test_a_join_keeps_the_subjects_of_both(a: Label, b: Label) -> None:
    assert a.join(b).subjects == a.subjects | b.subjects


@given(labels, labels, labels)
def test_join_is_monotone(a: Label, b: Label, c: Label) -> None:
    higher = a.join(b)
    assert higher.covers(a)
    assert higher.join(c).covers(a.join(c))


@given(labels, labels, labels)
def test_a_join_is_the_least_that_covers_both(a: Label, b: Label, c: Label) -> None:
    assert a.join(b).covers(a)
    assert a.join(b).covers(b)
    if c.covers(a) and c.covers(b):
        assert c.covers(a.join(b))


@given(labels, labels, labels)
def test_covering_is_an_order_up_to_subjects(a: Label, b: Label, c: Label) -> None:
    assert a.covers(a)
    assert a.covers(LEAST)
    if a.covers(b) and b.covers(c):
        assert a.covers(c)
    if a.covers(b) and b.covers(a):
        assert replace(a, subjects=frozenset()) == replace(b, subjects=frozenset())


@given(labels, labels, clearances, times)
def test_where_the_higher_may_flow_the_lower_may(
    a: Label, b: Label, clearance: Clearance, now: float | None
) -> None:
    higher = a.join(b)
    assert higher.covers(a)
    if higher.flows_to(clearance, now):
        assert a.flows_to(clearance, now)


@given(labels, labels)
def test_a_label_covers_another_only_where_it_has_all_of_it(a: Label, b: Label) -> None:
    has_all = (
        a.level >= b.level
        and a.categories >= b.categories
        and a.integrity >= b.integrity
        and a.tenants >= b.tenants
        and (b.regions is None or (a.regions is not None and a.regions <= b.regions))
        and (b.expires is None or (a.expires is not None and a.expires <= b.expires))
    )
    assert a.covers(b) == has_all


@given(labels, clearances, clearances, times)
def test_a_wider_clearance_lets_at_least_as_much_pass(
    a: Label, one: Clearance, other: Clearance, now: float | None
) -> None:
    wider = Clearance(
        level=max(one.level, other.level),
        categories=_union(one.categories, other.categories),
        integrity=max(one.integrity, other.integrity),
        tenants=_union(one.tenants, other.tenants),
        region=one.region,
    )
    if a.flows_to(one, now):
        assert a.flows_to(wider, now)


def _union(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    return None if a is None or b is None else a | b


@given(clearances, times)
def test_the_least_flows_everywhere(clearance: Clearance, now: float | None) -> None:
    assert LEAST.flows_to(clearance, now)


@given(labels, clearances, times)
def test_an_obstacle_names_a_component_that_holds_it_back(
    a: Label, clearance: Clearance, now: float | None
) -> None:
    obstacle = a.obstacle(clearance, now)
    assert (obstacle is None) == a.flows_to(clearance, now)
    if obstacle is not None:
        without = replace(a, **{obstacle: getattr(LEAST, obstacle)})
        assert without.obstacle(clearance, now) != obstacle


@given(labels, labels, clearances)
def test_data_of_two_tenants_is_quarantined(a: Label, b: Label, clearance: Clearance) -> None:
    one, two = (replace(part, tenants=frozenset({t})) for part, t in ((a, "x"), (b, "y")))
    everyone = replace(clearance, tenants=None)
    assert one.obstacle(everyone) != "tenants"
    assert not one.join(two).flows_to(everyone)


@given(labels, st.floats(min_value=0, max_value=2e9), st.floats(min_value=0, max_value=2e9))
def test_what_has_expired_stays_so(a: Label, now: float, later: float) -> None:
    anything = Clearance(Level.RESTRICTED, None)
    if later >= now and a.obstacle(anything, now) == "expires":
        assert a.obstacle(anything, later) == "expires"
    assert replace(a, tenants=frozenset(), expires=now + 1).flows_to(anything, now)
    assert not replace(a, expires=now).flows_to(anything, now)


@given(labels, labels)
def test_equal_labels_are_equal_text_and_others_are_not(a: Label, b: Label) -> None:
    assert (a.to_json() == b.to_json()) == (a == b)


@given(labels, clearances)
def test_joining_the_top_never_opens_a_way(a: Label, clearance: Clearance) -> None:
    if a.join(TOP).flows_to(clearance):
        assert TOP.flows_to(clearance)


@given(st.lists(labels, max_size=5))
def test_joining_all_is_joining_one_after_another(many: list[Label]) -> None:
    joined = LEAST
    for one in many:
        joined = joined.join(one)
    assert join_all(many) == joined


@given(labels)
def test_text_gives_the_label_back(a: Label) -> None:
    assert label_from_json(a.to_json()) == a


@given(st.text(max_size=50))
def test_any_other_text_is_the_top(text: str) -> None:
    assert label_from_json(text) == TOP


@given(labels, st.sampled_from(sorted(LEAST.as_dict())))
def test_a_label_with_a_field_lost_is_the_top(a: Label, lost: str) -> None:
    data = a.as_dict()
    del data[lost]
    assert label_from_json(json.dumps(data)) == TOP


@given(labels, clearances)
def test_the_filter_says_what_the_label_says(a: Label, clearance: Clearance) -> None:
    assert LabelFilter(clearance).allows(a.to_json()) == a.flows_to(clearance)
