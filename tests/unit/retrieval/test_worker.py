"""Worker threads: results, errors, and a deadline that ends the wait."""

from __future__ import annotations

import threading

import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded
from retrieval.worker import Worker


async def test_runs_elsewhere_and_gives_the_result() -> None:
    worker = Worker(1)
    assert await worker.run(threading.get_ident, Deadline.after(60), "it") != threading.get_ident()
    worker.close()


async def test_errors_come_through() -> None:
    worker = Worker(1)
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0, Deadline.after(60), "it")
    worker.close()


async def test_deadline_ends_the_wait_and_names_the_work() -> None:
    worker, go_on = Worker(1), threading.Event()
    with pytest.raises(DeadlineExceeded, match="the long work"):
        await worker.run(go_on.wait, Deadline.after(0.05), "the long work")
    go_on.set()
    worker.close()


async def test_nothing_starts_after_the_deadline() -> None:
    worker, started = Worker(1), threading.Event()
    with pytest.raises(DeadlineExceeded):
        await worker.run(started.set, Deadline.after(0), "it")
    worker.close()
    assert not started.is_set()
