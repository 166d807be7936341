"""What one is told who asks a model that sleeps."""

from __future__ import annotations

from router.scaling.waking import Waking


def test_nothing_is_promised_before_the_first_start() -> None:
    error = Waking().asked(10).error("mistral", 10)
    assert error.retry_after == 30
    assert "is being started; how long that takes is not known yet" in error.message
    assert error.message.endswith("Try again in 30 s.")


def test_the_wait_is_what_is_left_of_the_last_start() -> None:
    waking = Waking().asked(100).asked(120).up(142.5)
    assert (waking.last_s, waking.since) == (42.5, None)
    again = waking.asked(1000)
    assert again.left(1010) == 32.5
    assert again.left(1100) == 1
    error = again.error("mistral", 1010)
    assert error.retry_after == 33
    assert "the last time that took 43 s. Try again in 33 s." in error.message


def test_what_was_seen_counts_more_than_what_the_model_says() -> None:
    assert Waking().told(7.0).left(0) == 7
    assert Waking().asked(0).up(9).told(7.0).left(10) == 9
    assert Waking().up(5) == Waking()
