"""A clock that is moved in processes that are started with it, and in no other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from deployments.chaos.clock import clock_of, move, start_with
from deployments.chaos.moved_clock import within_a_day

ASK = "import sys, time\nfor _ in sys.stdin:\n    print(time.time(), time.time_ns(), flush=True)\n"
NEAR_S = 100.0
DAY_S = 86_400.0


def test_a_running_process_goes_by_the_clock_it_was_started_with(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    variables = {**os.environ, **start_with(clock, {"PYTHONPATH": str(tmp_path)})}
    assert variables["PYTHONPATH"].endswith(f":{tmp_path}")
    with subprocess.Popen(
        [sys.executable, "-c", ASK], env=variables, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        for seconds in (0.0, 3600.0, -1800.0, 0.0):
            move(clock, seconds)
            process.stdin.write("now?\n")
            process.stdin.flush()
            now, now_ns = process.stdout.readline().split()
            assert abs(float(now) - time.time() - seconds) < NEAR_S
            assert abs(int(now_ns) / 1e9 - time.time() - seconds) < NEAR_S
        assert clock_of(process.pid) == clock
        process.stdin.close()
    assert clock_of(os.getpid()) is None


def test_it_never_leads_into_another_day() -> None:
    noon = 20_000 * DAY_S + DAY_S / 2
    assert within_a_day(1800.0, noon) == 1800.0
    assert within_a_day(-1800.0, noon) == -1800.0
    assert within_a_day(1800.0, 20_001 * DAY_S - 60.0) == -1800.0
    assert within_a_day(-1800.0, 20_000 * DAY_S + 60.0) == 1800.0
