"""The measurement of the gate: every request is counted and its figures add up."""

from __future__ import annotations

from pathlib import Path

from bench.gate import Measured, measure, report


async def test_every_request_passes_the_gate(tmp_path: Path) -> None:
    measured = await measure(tmp_path, rate=500.0, seconds=0.02, characters=80)
    assert len(measured.taken) == 10
    assert min(measured.taken) > 0 and measured.cpu_ms > 0


def test_the_report_ranks() -> None:
    figures = report(Measured([float(n) for n in range(101)], 0.5), 100.0, 400, load=1.0)
    assert figures["gate_ms"] == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
    assert figures["met"] is False
    assert report(Measured([1.0, 2.0], 0.5), 100.0, 400, load=1.0)["met"] is True
