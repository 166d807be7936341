"""One window: what fits, how long to wait, and corrections."""

from __future__ import annotations

from router.rate import SlidingWindow


def test_a_second_counts_until_no_minute_can_see_it() -> None:
    window = SlidingWindow()
    window.add(2, 0.9)
    assert window.wait(1, 3, 1.0) == 0
    window.add(1, 1.0)
    assert window.wait(1, 3, 1.0) == 60
    assert window.used(60.99) == 3
    assert window.wait(1, 3, 60.99) > 0
    assert window.wait(1, 3, 61.0) == 0
    assert window.used(61.0) == 1
    assert window.reset(61.0) == 1
    assert window.reset(62.0) == 0


def test_waiting_ends_when_enough_is_free_and_not_before() -> None:
    window = SlidingWindow()
    for second in range(5):
        window.add(1, second)
    assert window.wait(1, 5, 5) == 61 - 5
    assert window.wait(3, 5, 5) == 63 - 5
    assert window.wait(5, 5, 5) == 65 - 5


def test_more_than_the_limit_fits_into_an_empty_minute_alone() -> None:
    window = SlidingWindow()
    assert window.wait(50, 5, 0) == 0
    window.add(50, 0)
    assert window.wait(1, 5, 60) == 1
    assert window.wait(50, 5, 61) == 0
    window.add(1, 61)
    assert window.wait(50, 5, 61) == 61


def test_what_was_counted_too_much_is_given_back_where_it_stood() -> None:
    window = SlidingWindow()
    second = window.add(10, 0)
    window.add(1, 5)
    window.correct(second, 10, 4, 6)
    assert window.used(6) == 5
    assert window.used(61) == 1


def test_what_was_counted_too_little_counts_from_now() -> None:
    window = SlidingWindow()
    second = window.add(10, 0)
    window.correct(second, 10, 13, 50)
    assert window.used(61) == 3
    assert window.used(111) == 0


def test_a_correction_of_the_forgotten_changes_nothing() -> None:
    window = SlidingWindow()
    second = window.add(10, 0)
    window.correct(second, 10, 1, 100)
    assert window.used(100) == 0
    window.add(3, 100)
    assert window.used(100) == 3


def test_a_clock_that_goes_back_frees_nothing() -> None:
    window = SlidingWindow()
    window.add(2, 100)
    window.add(1, 40)
    assert window.used(101) == 3
