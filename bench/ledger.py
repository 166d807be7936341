"""Measure the ledger: records a second in groups, and how long a commit and a writer's wait take.

`python -m bench.ledger` writes durable records into a fresh SQLite ledger, first one writer alone,
then many at once; with `--postgres URL` into PostgreSQL. Beside it stands a bare write and fsync of
4 KiB on the same disk. Every ledger is verified afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.machine import about_machine
from router.ledger.chain import Chain, Outcome, open_postgres_chain, open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.record import Record
from router.ledger_reader.postgres_source import PostgresSource
from router.ledger_reader.source import Source
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify

SECRET = b"b" * 32
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One crowd of writers; `waits` is from the call to the receipt, `commits` one transaction.

    `cpu_us` is this process's processor time for a record: unlike the rest it says the same on a
    busy machine.
    """

    writers: int
    records: int
    records_per_s: float
    per_commit: float
    cpu_us: int
    commits: Spread
    waits: Spread


class Timed:
    """A Chain that notes how long each batch took, in seconds."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.took: list[float] = []

    def append(self, batch: Sequence[Record]) -> Sequence[Outcome]:
        """As the chain does."""
        began = time.perf_counter()
        outcomes = self._chain.append(batch)
        self.took.append(time.perf_counter() - began)
        return outcomes

    def close(self) -> None:
        """As the chain does."""
        self._chain.close()


async def measure(chain: Chain, writers: int, records: int) -> Measured:
    """Write `records` durable records by that many writers, each waiting for its receipt."""
    timed = Timed(chain)
    ledger = GroupCommit(timed)
    await ledger.append(_record(0), durable=True)
    timed.took.clear()
    waits: list[float] = []

    async def write(count: int) -> None:
        for n in range(count):
            began = time.perf_counter()
            await ledger.append(_record(n), durable=True)
            waits.append(time.perf_counter() - began)

    began, worked = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(writers):
            group.create_task(write(records // writers))
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    await asyncio.to_thread(ledger.close)
    rate = round(len(waits) / seconds)
    per_commit = round(len(waits) / len(timed.took), 1)
    cpu_us = round(1e6 * worked / len(waits))
    return Measured(
        writers, len(waits), rate, per_commit, cpu_us, spread(timed.took), spread(waits)
    )


def spread(seconds: Sequence[float]) -> Spread:
    """The median and the 99th percentile, by nearest rank."""
    ordered = sorted(seconds)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99)]
    return Spread(*(round(1000 * one, 2) for one in at))


def bare_fsync(folder: Path, times: int = 300) -> Spread:
    """What the disk itself takes to make 4 KiB durable."""
    took = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(bytes(_PAGE))
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return spread(took)


def _record(n: int) -> Record:
    """About as large as an intent is."""
    fields: dict[str, Any] = {
        "decision_id": f"dec_{n:032x}", "provider": "openai", "model": "chatgpt", "site": "openai",
        "step": "draft", "label": {"level": "PUBLIC", "categories": [], "integrity": "USER"},
        "policy_digest": f"sha256:{n:064x}", "payload_mac": f"hmac-sha256:{n:064x}", "bytes": n,
    }  # fmt: skip
    return Record("egress.intent", "acme", 1.0, fields, f"run_{n:032x}", f"req_{n:032x}")


def _run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    key = head_key(SECRET)
    url = arguments.postgres
    path = folder / "ledger.sqlite"
    opened: Callable[[], Chain] = (
        (lambda: open_postgres_chain(url, key)) if url else (lambda: open_sqlite_chain(path, key))
    )
    source: Source = PostgresSource(url) if url else SqliteSource(path)
    runs = [asyncio.run(measure(opened(), 1, arguments.records // 20))]
    for writers in arguments.writers:
        runs.append(asyncio.run(measure(opened(), writers, arguments.records)))
    began = time.perf_counter()
    verdict = verify(source, SECRET)
    seconds = time.perf_counter() - began
    return {
        "machine": about_machine([]) | {"command": "python -m bench.ledger"},
        "backend": "postgresql" if url else "sqlite",
        "fsync_ms": asdict(bare_fsync(folder)),
        "runs": [asdict(run) for run in runs],
        "verified": {"ok": verdict.ok, "records": verdict.records,
                     "records_per_s": round(verdict.records / seconds)},
    }  # fmt: skip


def _table(told: dict[str, Any]) -> Iterable[str]:
    fsync = told["fsync_ms"]
    yield f"{told['backend']}; write + fsync of 4 KiB: p50 {fsync['p50']} ms, p99 {fsync['p99']} ms"
    yield "writers  records  records/s  per commit  CPU µs  commit p50/p99 ms  wait p50/p99 ms"
    for run in told["runs"]:
        commit, wait = run["commits"], run["waits"]
        yield (
            f"{run['writers']:7}  {run['records']:7}  {run['records_per_s']:9}"
            f"  {run['per_commit']:10}  {run['cpu_us']:6}  {commit['p50']:8}/{commit['p99']:8}"
            f"  {wait['p50']:6}/{wait['p99']:8}"
        )
    verified = told["verified"]
    yield f"verified: {verified['ok']}, {verified['records']} at {verified['records_per_s']}/s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the ledger's group commit.")
    parser.add_argument("--records", type=int, default=20_000, help="by each crowd of writers")
    parser.add_argument("--writers", type=int, nargs="*", default=[16, 256])
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: temporary")
    parser.add_argument("--postgres", metavar="URL", help="an empty database to measure instead")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Print the measures; exit 1 when the ledger written does not verify."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        told = _run(arguments, Path(folder))
    print(json.dumps(told) if arguments.json else "\n".join(_table(told)))
    return 0 if told["verified"]["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
