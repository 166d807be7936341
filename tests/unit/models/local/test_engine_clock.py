"""Shares of an engine's time: they add up to the time in which it worked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.local.engine_clock import EngineClock


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_two_at_a_time_pay_half_each() -> None:
    time = Time()
    clock = EngineClock(time)
    first = clock.begin()
    time.now += 1.0
    second = clock.begin()
    time.now += 2.0
    assert clock.end(first) == 2.0
    time.now += 0.5
    assert clock.end(second) == 1.5
    time.now += 50.0
    third = clock.begin()
    time.now += 1.0
    assert clock.end(third) == 1.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=40))
def test_the_shares_add_up_to_the_busy_time(moves: list[tuple[bool, int]]) -> None:
    time, busy, charged = Time(), 0.0, 0.0
    clock, marks = EngineClock(time), list[float]()
    for begins, wait in moves:
        if begins:
            marks.append(clock.begin())
        elif marks:
            charged += clock.end(marks.pop(0))
        time.now += wait
        busy += wait if marks else 0
    charged += sum(clock.end(mark) for mark in list(marks))
    assert abs(charged - busy) < 1e-6
