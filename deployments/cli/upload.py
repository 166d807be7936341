"""Sends files to a collection, a few at a time, and counts what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from deployments.cli.answers import read_json, transport_errors
from deployments.cli.failures import AnsweredError, ExitCode, exit_code
from deployments.cli.server import client_settings, path_of
from deployments.cli.target import Target
from deployments.cli.walk import Source
from models.errors import PodiumError

CONCURRENCY = 4
ATTEMPTS = 4
LONGEST_PAUSE = 10.0
_FATAL = (ExitCode.UNREACHABLE, ExitCode.UNAUTHORISED, ExitCode.DENIED)


@dataclass(slots=True)
class Report:
    """The counts and failures of an ingestion; `failed` holds (id, message)."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    chunks: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def count(self, outcome: dict[str, Any]) -> None:
        """Add one document's outcome."""
        status = outcome.get("status")
        if status not in ("added", "updated", "unchanged"):
            raise AnsweredError(200, {"message": f"The server answered status {status!r}."})
        setattr(self, status, getattr(self, status) + 1)
        self.chunks += int(outcome.get("chunks", 0))

    def as_json(self) -> dict[str, Any]:
        """The document that `podium ingest --json` prints."""
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed": [{"path": path, "error": error} for path, error in sorted(self.failed)],
            "chunks": self.chunks,
        }


class Uploader:
    """Uploads to one collection; one file's failure is counted and the others go on.

    What would fail every file alike, such as a bad key, ends the whole upload as that failure.
    """

    def __init__(
        self, target: Target, collection: str, timeout: float, advance: Callable[[], None]
    ) -> None:
        self._target = target
        self._collection = collection
        self._timeout = timeout
        self._advance = advance
        self._slots = asyncio.Semaphore(CONCURRENCY)

    async def upload(self, sources: Sequence[Source]) -> Report:
        """Send them all; at most CONCURRENCY files are read or under way at once."""
        report = Report()
        settings = client_settings(self._target, self._timeout)
        try:
            async with httpx2.AsyncClient(**settings) as client, asyncio.TaskGroup() as group:
                for source in sources:
                    await self._slots.acquire()
                    group.create_task(self._one(client, source, report))
        except ExceptionGroup as failures:
            raise _first(failures) from failures
        return report

    async def _one(self, client: httpx2.AsyncClient, source: Source, report: Report) -> None:
        try:
            report.count(await self._put(client, source))
        except OSError as error:
            report.failed.append((source.id, f"It cannot be read: {error.strerror}."))
        except (AnsweredError, PodiumError) as error:
            if exit_code(error) in _FATAL:
                raise
            report.failed.append((source.id, str(error)))
        finally:
            self._slots.release()
        self._advance()

    async def _put(self, client: httpx2.AsyncClient, source: Source) -> dict[str, Any]:
        path = path_of("v1", "collections", self._collection, "documents", source.id)
        content = await asyncio.to_thread(source.path.read_bytes)
        headers = {"content-type": source.media_type}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transport_errors(self._target.base_url):
                    answer = read_json(await client.put(path, content=content, headers=headers))
                return answer if isinstance(answer, dict) else {}
            except AnsweredError as error:
                if error.status != httpx2.codes.TOO_MANY_REQUESTS or attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(min(error.retry_after or 1.0, LONGEST_PAUSE))
        raise AssertionError("the last attempt returns or raises")


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = failures
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
