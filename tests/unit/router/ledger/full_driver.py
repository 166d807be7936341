"""Writes a ledger until there is no space, then makes space and writes on.

`python -m tests.unit.router.ledger.full_driver FOLDER limit` runs into a limit on the size of
files; with `ballast`, FOLDER is on a small file system, which a file beside the ledger fills.
It prints what it met as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from models.errors import LedgerUnavailable
from router.ledger.chain import open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.record import Record

SECRET = b"s" * 32
MOST = 100_000
LIMIT = 1024 * 1024


def record(n: int) -> Record:
    return Record("egress.intent", "acme", 1.0, {"n": n, "filler": "x" * 400})


def limit(_: Path) -> Callable[[], None]:
    """Forbid larger files; what is returned allows them again."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def ballast(folder: Path) -> Callable[[], None]:
    """Leave little room; what is returned makes room again."""
    file = folder / "ballast"
    with file.open("wb", buffering=0) as opened:
        while True:
            try:
                opened.write(bytes(4096))
            except OSError:
                break
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - LIMIT)
    return file.unlink


async def met(folder: Path, make_room: Callable[[], None]) -> dict[str, object]:
    """Write until refused, be refused again, make room, write on."""
    ledger = GroupCommit(open_sqlite_chain(folder / "ledger.sqlite", head_key(SECRET)))
    acks: list[str] = []
    refusals: list[str] = []
    for n in range(MOST):
        try:
            acks.append((await ledger.append(record(n), durable=True)).id)
        except LedgerUnavailable as error:
            refusals.append(error.message)
            break
    for durable in (True, False):
        try:
            await ledger.append(
                record(MOST) if durable else Record("run", "", 1.0), durable=durable
            )
        except LedgerUnavailable as error:
            refusals.append(error.message)
    make_room()
    recovered = []
    for n in range(3):
        recovered.append((await ledger.append(record(MOST + 1 + n), durable=True)).id)
    ledger.close()
    return {"acks": acks, "refusals": refusals, "recovered": recovered}


def main() -> None:
    """Print what was met."""
    folder, way = Path(sys.argv[1]), sys.argv[2]
    room = limit(folder) if way == "limit" else ballast(folder)
    print(json.dumps(asyncio.run(met(folder, room))))
    if way != "limit":
        # The file system goes with this process: hand the ledger over before.
        print((folder / "ledger.sqlite").read_bytes().hex())


if __name__ == "__main__":
    main()
