"""The Retriever keeps its index snapshots: at its end, and after a write that came too late."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest

from deployments.sealed_retrieval import Sealed
from deployments.snapshots_kept import SnapshotsKept
from models.errors import DeadlineExceeded
from retrieval.ingest import IngestOutcome
from retrieval.preparing import IngestRequest

with warnings.catch_warnings():
    # Ray's import warns of its own libraries' old ways.
    warnings.simplefilter("ignore")
    from deployments.retriever import Retriever

SENT = Sealed(IngestRequest("kb", "a.md", b"text", "{}"), "")


class Ingesting:
    """The retrieval beneath: it is late, or does as the status says."""

    def __init__(self, status: str | None) -> None:
        self.status = status

    async def ingest(self, sent: Sealed, seconds: float) -> IngestOutcome:
        if self.status is None:
            raise DeadlineExceeded("It is late.")
        return IngestOutcome(sent.data.id, self.status, 1)


def _made(status: str | None) -> tuple[SimpleNamespace, list[str]]:
    """What a replica holds, without Serve; and the collections of which a snapshot was written."""
    flushed: list[str] = []

    async def flush(collection: str) -> None:
        flushed.append(collection)

    snapshots = SnapshotsKept(flush, quiet_s=600.0, most_s=600.0)
    return SimpleNamespace(_snapshots=snapshots, _sealed=Ingesting(status)), flushed


@pytest.mark.parametrize(("status", "wanted"), [("added", ["kb"]), ("unchanged", [])])
async def test_its_end_writes_the_snapshots_that_are_due(status: str, wanted: list[str]) -> None:
    held, flushed = _made(status)
    await Retriever.func_or_class.ingest(held, SENT, 1.0)
    assert flushed == []
    await Retriever.func_or_class.__del__(held)
    assert flushed == wanted


async def test_a_write_that_may_still_be_done_after_its_deadline_counts() -> None:
    held, flushed = _made(None)
    with pytest.raises(DeadlineExceeded):
        await Retriever.func_or_class.ingest(held, SENT, 1.0)
    await Retriever.func_or_class.__del__(held)
    assert flushed == ["kb"]


async def test_one_that_never_started_has_nothing_to_write() -> None:
    await Retriever.func_or_class.__del__(SimpleNamespace())
