"""The measurement before the engine: every request reaches it and the figures add up."""

from __future__ import annotations

from bench.before_engine import Burst, measure, report


async def test_every_request_of_a_burst_reaches_the_engine() -> None:
    found = await measure(clients=3, bursts=2)
    assert len(found) == 2
    for burst in found:
        assert 0 < burst.mean_asked <= burst.last_asked <= 3 * burst.whole


def test_the_report_takes_the_middle_of_the_bursts() -> None:
    found = [Burst(mean, 2 * mean, 5.0, 9.0, waited) for mean, waited in ((1.0, 0), (3.0, 1))]
    figures = report(4, found)
    assert figures["asked_mean_ms"] == 2.0 and figures["asked_last_ms"] == 4.0
    assert figures["asked_a_request_ms"] == 1.0
    assert figures["reservations_a_burst"] == 0.5
