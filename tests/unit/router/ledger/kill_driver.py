"""Two processes write one ledger under load and are killed, again and again.

`python -m tests.unit.router.ledger.kill_driver FOLDER SEED KILLS` leaves `FOLDER/ledger.sqlite`
as the last kill -9 left it, with a line in `FOLDER/acks` for each record that was acknowledged:
its id, sequence number and hash.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from router.ledger.chain import open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key
from router.ledger.record import Record

SECRET = b"s" * 32
WRITERS = 2
TASKS = 8


async def _write(path: Path, acks: int) -> None:
    ledger = GroupCommit(open_sqlite_chain(path, head_key(SECRET)))

    async def one(task: int) -> None:
        n = 0
        while True:
            n += 1
            fields = {"task": task, "n": n}
            await ledger.append(Record("run", "acme", 1.0, fields), durable=False)
            receipt = await ledger.append(
                Record("egress.intent", "acme", 1.0, fields), durable=True
            )
            # One write of less than a page: whole or not at all, even in the moment of a kill.
            os.write(acks, f"{receipt.id} {receipt.seq} {receipt.hash}\n".encode())

    async with asyncio.TaskGroup() as group:
        for task in range(TASKS):
            group.create_task(one(task))


def _fork(path: Path, acks: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(_write(path, acks))
        finally:
            os._exit(1)
    return child


def _round(path: Path, after: int) -> bytes:
    """Let the writers run until that many acknowledgements, then kill them; what they said."""
    heard, said = os.pipe()
    children = [_fork(path, said) for _ in range(WRITERS)]
    os.close(said)
    acks = b""
    while acks.count(b"\n") < after:
        more = os.read(heard, 4096)
        if not more:
            sys.exit("the writers ended by themselves")
        acks += more
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            sys.exit("a writer ended before it was killed")
    while more := os.read(heard, 4096):
        acks += more
    os.close(heard)
    return acks


def main() -> None:
    """Kill as often as asked; every round goes on with the ledger the last one left."""
    folder, seed, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    drawn = random.Random(seed)
    with (folder / "acks").open("ab") as file:
        for _ in range(kills):
            file.write(_round(folder / "ledger.sqlite", drawn.randint(1, 300)))


if __name__ == "__main__":
    main()
