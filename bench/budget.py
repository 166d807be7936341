"""How many reservations a second one State takes, and how long each waits.

`python -m bench.budget`: each of `--workers` threads reserves and settles in turn, as
gateways do, against one SQLite file on this disk; every commit is synced.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from router.budget import Amount, Budget, Claim, Line, Unit, Window
from router.store.accounts import Accounts

ROOM = Budget(Unit.TOKENS, Window.DAY, 2**50)


def main(words: list[str]) -> int:
    """Measure for each number of workers, and print."""
    options = _options(words)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        accounts = Accounts.open(Path(folder) / "state.sqlite")
        runs = [measure(accounts, count, options.seconds) for count in options.workers]
    if options.json:
        print(json.dumps({"runs": runs}))
        return 0
    print("workers  reservations/s  CPU ms each  reserve p50  p99 ms   settle p50  p99 ms")
    for run in runs:
        reserve, settle = run["reserve_ms"], run["settle_ms"]
        print(
            f"{run['workers']:7d}  {run['reservations_per_s']:14.0f}  {run['cpu_ms_each']:11.2f}"
            f"  {reserve['p50']:11.2f}  {reserve['p99']:6.2f}"
            f"   {settle['p50']:10.2f}  {settle['p99']:6.2f}"
        )
    return 0


def measure(accounts: Accounts, workers: int, seconds: float) -> dict[str, Any]:
    """Reservations of one shared budget, each settled at once; times in milliseconds."""
    end, begun = time.monotonic() + seconds, time.process_time()
    start = threading.Barrier(workers)

    def work(number: int) -> tuple[list[float], list[float]]:
        reserve: list[float] = []
        settle: list[float] = []
        start.wait()
        while time.monotonic() < end:
            id = f"{workers}-{number}-{len(reserve)}"
            claim = Claim(id, (Line("bench", "k1", ROOM, 100),), 300.0)
            reserve.append(_timed(accounts.reserve, claim))
            settle.append(_timed(accounts.settle, id, Amount(50)))
        return reserve, settle

    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(work, range(workers)))
    reserve = [one for part, _ in parts for one in part]
    settle = [one for _, part in parts for one in part]
    return {
        "workers": workers,
        "reservations_per_s": len(reserve) / seconds,
        "cpu_ms_each": (time.process_time() - begun) * 1000 / len(reserve),
        "reserve_ms": _told(reserve),
        "settle_ms": _told(settle),
    }


def _timed(work: Callable[..., None], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - begun) * 1000


def _told(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    last = len(ordered) - 1
    return {"p50": ordered[last // 2], "p99": ordered[last * 99 // 100], "max": ordered[last]}


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.budget", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", help="where the database lies; by default the temporary folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
