"""A lease by itself: what it has room for, what it needs, when it is over."""

from __future__ import annotations

from router.budget import NOTHING, Amount
from router.budget_lease import Lease


def lease() -> Lease:
    return Lease("c", Amount(100, 10), Amount(20, 2))


def test_calls_take_together_what_was_taken_and_no_more() -> None:
    one = lease()
    assert one.take(Amount(60, 1)) and one.take(Amount(40, 1))
    assert one.room == Amount(0, 8)
    assert not one.take(Amount(1, 0))
    one.give(Amount(40, 1), Amount(30, 1))
    assert (one.used, one.going, one.room) == (Amount(30, 1), Amount(60, 1), Amount(10, 8))
    assert one.take(Amount(10, 8)) and not one.take(Amount(0, 1))


def test_what_a_call_overran_is_taken_of_the_room_for_good() -> None:
    one = lease()
    assert one.take(Amount(50)) and one.take(Amount(50))
    one.give(Amount(50), Amount(70))
    assert one.room.tokens == 0
    one.give(Amount(50), Amount(40))
    assert (one.used.tokens, one.room.tokens) == (110, 0)
    assert not one.take(Amount(1))


def test_it_is_over_when_it_is_closed_and_its_last_call_has_ended() -> None:
    one = lease()
    assert not one.over
    assert one.take(Amount(10)) and one.take(Amount(10))
    one.give(Amount(10), NOTHING)
    assert not one.over
    one.open = False
    assert not one.over and not one.take(NOTHING)
    one.give(Amount(10), NOTHING)
    assert one.over


def test_it_needs_what_was_used_and_what_goes_on_and_shrinks_to_that() -> None:
    one = lease()
    assert one.take(Amount(30, 3)) and one.take(Amount(30, 3))
    one.give(Amount(30, 3), Amount(5, 1))
    assert one.needed == Amount(35, 4)
    one.shrunk(one.needed)
    assert (one.taken, one.room) == (Amount(35, 4), NOTHING)
    one.shrunk(Amount(100, 10))
    assert one.taken == Amount(35, 4)
    one.give(Amount(30, 3), Amount(10, 0))
    assert one.room == Amount(20, 3)
