"""A clock that is set back is noticed once; one that only runs, or is set ahead, is not."""

from __future__ import annotations

from deployments.clock_watch import ClockWatch


def test_only_a_clock_that_was_set_back_is_told_and_only_once() -> None:
    wall, steady = [1_790_000_000.0], [5.0]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])

    def later(seconds: float, moved: float = 0.0) -> float | None:
        steady[0] += seconds
        wall[0] += seconds + moved
        return watch.set_back()

    assert later(2.0) is None
    assert later(2.0, moved=-600.0) == 600.0
    assert later(2.0) is None
    assert later(2.0, moved=900.0) is None
    assert later(2.0, moved=-900.0) == 900.0
    assert [later(2.0, moved=-0.5) for _ in range(20)] == [None] * 20
    assert later(86_400.0) is None
