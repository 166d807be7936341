"""Keeps the prompts, schemas and pipelines in force while an instance runs, and swaps all or none.

What began under those before goes on under them: a plan is run with the library it was read with.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.library_files import (
    check_routes,
    folders_of,
    read_library,
    read_plans,
    yaml_files,
)
from deployments.policy_keeper import PERIOD_S, Stamp, stamp
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import PodiumError
from router.plan import Plan
from router.steps.kind import Library

log = logging.getLogger("podium.library")

# So many versions are remembered for the runs that go on under them.
_REMEMBERED = 8
_Stamps = frozenset[tuple[Path, Stamp | None]]


@dataclass(frozen=True, slots=True)
class Books:
    """What was read together, and belongs together."""

    library: Library
    plans: Mapping[str, Plan]


class LibraryKeeper:
    """One set of books at a time; `refused` says why the files' is not it, None when it is.

    Files are taken only once they were seen twice alike, so that a folder still being written to
    is not. The models of a pipeline must stand in the `catalog`, as at the start.
    """

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.refused: str | None = None
        self._settings = settings
        self._catalog = catalog
        self._looking = threading.Lock()
        # None is what no files ever are: they are read anew, whether they changed or not.
        self._taken: _Stamps | None = self._stamps()
        self._seen: _Stamps | None = self._taken
        self._books = deque([self._read()], maxlen=_REMEMBERED)

    @property
    def books(self) -> Books:
        """Those in force."""
        return self._books[-1]

    def library_of(self, plan: Plan) -> Library:
        """The prompts and schemas that were read with a plan."""
        for books in reversed(tuple(self._books)):
            if books.plans.get(plan.name) is plan:
                return books.library
        return self.books.library

    def look(self) -> bool:
        """Take files that changed and have settled; whether there are new books in force."""
        with self._looking:
            try:
                now = self._stamps()
            except (PodiumError, OSError) as error:
                # A folder that is gone, or is being replaced: it is read anew when it is back.
                self._refuse(error)
                self._taken = self._seen = None
                return False
            settled, self._seen = now == self._seen, now
            if now == self._taken or not settled:
                return False
            self._taken = now
            return self._take()

    async def watch(self, period: float = PERIOD_S) -> None:
        """Look for ever; cancel to stop."""
        while True:
            await asyncio.sleep(period)
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:
                # Nobody would look any more if one wrong file ended the watch.
                self._refuse(error)
                self._taken = None

    def _take(self) -> bool:
        try:
            books = self._read()
            check_routes(books.plans, self._catalog)
        except (PodiumError, OSError) as error:
            self._refuse(error)
            if _may_pass(error):
                self._taken = None
            return False
        log.warning("prompts and pipelines swapped", extra={"pipelines": sorted(books.plans)})
        self._books.append(books)
        self.refused = None
        return True

    def _read(self) -> Books:
        library = read_library(self._settings, self._settings.home)
        plans = read_plans(self._settings, self._settings.home, library)
        return Books(library, plans)

    def _refuse(self, error: Exception) -> None:
        why = _why(error)
        if why != self.refused:
            log.error(
                "prompts or pipelines refused; those before stay in force",
                extra={"param": getattr(error, "param", None), "why": why},
            )
        self.refused = why

    def _stamps(self) -> _Stamps:
        return frozenset((path, stamp(path)) for path in self._files())

    def _files(self) -> Iterator[Path]:
        for folder in folders_of(self._settings, self._settings.home):
            yield from yaml_files(folder)


def _may_pass(error: BaseException | None) -> bool:
    """Whether reading failed, which may go well again though no file changes."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    return error is not None


def _why(error: Exception) -> str:
    if isinstance(error, PodiumError):
        return error.message
    # What an error that nobody foresaw says may be content.
    return (
        f"{error.strerror}" if isinstance(error, OSError) else f"it ended in {type(error).__name__}"
    )
