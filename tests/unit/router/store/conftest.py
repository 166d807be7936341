"""A database at the newest schema and a state with a clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import State


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_sqlite(tmp_path / "state.sqlite")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def state(engine: Engine, clock: Clock) -> State:
    return State(SqlKeyStore(engine), SqlRunStore(engine), b"p" * 32, clock=clock)
