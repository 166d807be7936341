"""Runs one history of writes again and again, each time killed one boundary later.

`python -m tests.unit.retrieval.kill_driver FOLDER short|full` leaves `FOLDER/<n>/home` as a
kill -9 at the n-th boundary left it, with `acks` beside it; `short` draws one boundary of
each name, by a fixed seed. It prints number and name of those it was killed at, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from models.deadline import Deadline
from retrieval.opening import Retrieval, open_retrieval
from retrieval.preparing import IngestRequest
from tests.words_embedder import WordsEmbedder

_SECONDS = 60.0


@dataclass(frozen=True)
class Put:
    """Write a document of that text."""

    id: str
    text: str
    flush: bool = True


@dataclass(frozen=True)
class Delete:
    """Delete documents."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Reopen:
    """Close and open again."""


Operation = Put | Delete | Reopen

# "common" is in every text, so that one query finds all.
HISTORY: tuple[Operation, ...] = (
    Put("a.txt", "common alpha first"),
    Put("b.txt", "common beta"),
    Put("a.txt", "common alpha second"),
    Delete(("b.txt",)),
    Put("c.txt", "common gamma", flush=False),
    Put("d.txt", "common delta", flush=False),
    Reopen(),
    Put("c.txt", "common gamma second", flush=False),
    Reopen(),
    Delete(("a.txt", "c.txt")),
)


class Killer:
    """A boundary that ends the process by SIGKILL at the `at`-th call; 0 never does."""

    def __init__(self, at: int) -> None:
        self.names: list[str] = []
        self._at = at

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


async def _apply(retrieval: Retrieval, operation: Put | Delete) -> None:
    deadline = Deadline.after(_SECONDS)
    if isinstance(operation, Put):
        content = operation.text.encode()
        request = IngestRequest("kb", operation.id, content, "{}", flush=operation.flush)
        await retrieval.ingestor.ingest(request, deadline)
    else:
        await retrieval.ingestor.delete("kb", operation.ids, deadline)


def write_history(folder: Path, killer: Killer) -> None:
    """Apply HISTORY to `folder/home`, a byte in `folder/acks` for each operation done."""
    folder.mkdir()
    retrieval = open_retrieval(folder / "home", WordsEmbedder(), boundary=killer)
    with (folder / "acks").open("wb", buffering=0) as acks:
        for operation in HISTORY:
            if isinstance(operation, Reopen):
                retrieval.close()
                retrieval = open_retrieval(folder / "home", WordsEmbedder(), boundary=killer)
            else:
                asyncio.run(_apply(retrieval, operation))
            acks.write(b".")
    retrieval.close()


def _run(folder: Path, at: int) -> int:
    """Run in a forked child to be killed at boundary `at`; its exit status, negative by signal."""
    child = os.fork()
    if child == 0:
        killer = Killer(at)
        write_history(folder / str(at), killer)
        (folder / "names.json").write_text(json.dumps(killer.names))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _one_of_each(names: list[str]) -> list[int]:
    drawn = random.Random(5)
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names, start=1):
        places.setdefault(name, []).append(at)
    return sorted(drawn.choice(found) for found in places.values())


def main() -> None:
    """Run once to the end, then be killed at every boundary, or with `short` at a choice."""
    folder, extent = Path(sys.argv[1]), sys.argv[2]
    if _run(folder, 0) != 0:
        sys.exit("the run that nobody kills failed")
    names: list[str] = json.loads((folder / "names.json").read_text())
    every = list(range(1, len(names) + 1))
    killed = _one_of_each(names) if extent == "short" else every
    for at in killed:
        if (status := _run(folder, at)) != -signal.SIGKILL:
            sys.exit(f"the run to be killed at boundary {at} ended with {status}")
    print(json.dumps([(at, names[at - 1]) for at in killed]))


if __name__ == "__main__":
    main()
