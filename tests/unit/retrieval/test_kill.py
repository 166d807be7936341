"""kill -9 at every boundary of every write: nothing acknowledged is lost, nothing stale served."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models.deadline import Deadline
from retrieval.access import Everything
from retrieval.errors import CollectionNotFound
from retrieval.opening import DATABASE, INDEX_FOLDER, Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.settings import Mode
from tests.in_memory import in_memory
from tests.tracked import ROOT
from tests.unit.retrieval.kill_driver import HISTORY, Delete, Operation, Put
from tests.words_embedder import WordsEmbedder

BOUNDARIES = {
    *(f"store.{step}" for step in ("begin", "old_removed", "commit", "committed")),
    *(
        f"snapshot.{file}.{step}"
        for file in ("data", "manifest")
        for step in ("write", "half", "sync", "rename", "renamed")
    ),
    *(f"snapshot.{step}" for step in ("sweep", "done", "discard", "discard_data")),
}


@dataclass(frozen=True)
class Crashes:
    """The folder with one home a kill, and where each was killed."""

    folder: Path
    killed: list[tuple[int, str]]


@pytest.fixture(scope="module", params=["short", pytest.param("full", marks=pytest.mark.assurance)])
def crashes(request: pytest.FixtureRequest) -> Iterator[Crashes]:
    """Runs the history in processes of its own, each killed at another boundary."""
    # A killed process leaves the same files on every file system.
    with TemporaryDirectory(dir=in_memory()) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.unit.retrieval.kill_driver", folder, request.param],
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Crashes(Path(folder), [(at, name) for at, name in json.loads(done.stdout)])


def _after(operations: Sequence[Operation]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for operation in operations:
        if isinstance(operation, Put):
            texts[operation.id] = operation.text
        elif isinstance(operation, Delete):
            for id_ in operation.ids:
                texts.pop(id_, None)
    return texts


def _found(retrieval: Retrieval, mode: Mode) -> dict[str, str]:
    request = SearchRequest("kb", "common", Everything(), k=50, mode=mode)
    try:
        hits = asyncio.run(retrieval.searcher.search(request, Deadline.after(60)))
    except CollectionNotFound:
        return {}
    return {hit.id: hit.text for hit in hits}


def _listed(retrieval: Retrieval) -> set[str]:
    return {
        document.id
        for collection in retrieval.store.collections()
        for document in retrieval.store.documents(collection.name)
    }


def test_every_kind_of_boundary_was_killed_at(crashes: Crashes) -> None:
    assert {name for _, name in crashes.killed} == BOUNDARIES


def test_after_each_kill_all_is_as_before_or_after_the_write(crashes: Crashes) -> None:
    for at, name in crashes.killed:
        run = crashes.folder / str(at)
        acknowledged = len((run / "acks").read_bytes())
        assert acknowledged < len(HISTORY)
        allowed = [_after(HISTORY[:acknowledged]), _after(HISTORY[: acknowledged + 1])]
        retrieval = open_retrieval(run / "home", WordsEmbedder())
        dense = _found(retrieval, "dense")
        assert dense in allowed, (at, name)
        assert _found(retrieval, "lexical") == dense, (at, name)
        assert _listed(retrieval) == set(dense), (at, name)
        retrieval.close()
        assert _is_sound(run / "home"), (at, name)


def _is_sound(home: Path) -> bool:
    """The database passes its own check, and the crash left no file behind."""
    connection = sqlite3.connect(home / DATABASE)
    checked = connection.execute("PRAGMA integrity_check").fetchall()
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    files = sorted(path.suffix for path in (home / INDEX_FOLDER).glob("*/*"))
    return (checked, orphans) == ([("ok",)], []) and files in ([], [".faiss", ".json"])
