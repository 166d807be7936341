"""Group commit: the small writes of many threads in one transaction, for one fsync in all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from models.errors import PodiumError, Unavailable

T = TypeVar("T")
Work = Callable[[Connection], Any]


class GroupCommit:
    """Whoever comes first writes for all who wait; each work is in a savepoint of its own.

    A PodiumError undoes and reaches the work that raised it alone. When the database fails the
    whole, such as by a deadlock, every work is tried by itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[tuple[Work, Future[Any]]] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, once it is committed."""
        done: Future[T] = Future()
        with self._guard:
            self._waiting.append((work, done))
        with self._turn:
            if not done.done():
                self._write()
        return done.result()

    def _write(self) -> None:
        with self._guard:
            batch, self._waiting = self._waiting, []
        try:
            self._commit(batch)
        except (SQLAlchemyError, Unavailable):
            for one in batch:
                self._alone(one)
        except BaseException as error:
            for _, done in batch:
                done.set_exception(error)

    def _alone(self, one: tuple[Work, Future[Any]]) -> None:
        try:
            self._commit([one])
        except BaseException as error:
            one[1].set_exception(error)

    def _commit(self, batch: list[tuple[Work, Future[Any]]]) -> None:
        """Tell nobody anything before all of it is on disk."""
        told: list[Callable[[], None]] = []
        # SQLite lets a transaction that has read first write only if nobody else wrote meanwhile,
        # and makes it wait for nobody: so this one has the lock before its first statement.
        with self._engine.execution_options(immediate=True).begin() as connection:
            for work, done in batch:
                told.append(_attempt(connection, work, done))
        for tell in told:
            tell()


def _attempt(connection: Connection, work: Work, done: Future[Any]) -> Callable[[], None]:
    try:
        with connection.begin_nested():
            result = work(connection)
    except Unavailable:
        raise  # Of the database, and so of the whole transaction.
    except PodiumError as error:
        refusal = error
        return lambda: done.set_exception(refusal)
    return lambda: done.set_result(result)
