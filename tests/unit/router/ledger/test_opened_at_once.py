"""A ledger's file that many processes make at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from router.ledger.sqlite import sqlite_engine

AT_ONCE = 8


def test_whoever_makes_the_file_together_opens_it(tmp_path: Path) -> None:
    for number in range(40):
        path, start = tmp_path / f"{number}.sqlite", threading.Barrier(AT_ONCE)

        def open_it(path: Path = path, start: threading.Barrier = start) -> str:
            engine = sqlite_engine(path)
            start.wait()
            with engine.connect() as connection:
                mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
            engine.dispose()
            return mode

        with ThreadPoolExecutor(AT_ONCE) as pool:
            opened = [pool.submit(open_it) for _ in range(AT_ONCE)]
            assert {one.result() for one in opened} == {"wal"}
