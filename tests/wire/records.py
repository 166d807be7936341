"""Everything the server logs at any level, in Podium's own file and anywhere else."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.json_log import open_log


class _ServersRecords(logging.Handler):
    """Keeps what the server's threads log, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.written = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        if threading.current_thread() is not threading.main_thread():
            line = logging.Formatter().format(record)
            extras = [str(value) for value in vars(record).values()]
            self.written.write(f"{line} {extras}\n")


@dataclass(frozen=True)
class Logged:
    """Called, it gives everything so far as one text; `lines` are those of Podium's file."""

    file: Path
    records: _ServersRecords

    def __call__(self) -> str:
        return self.records.written.getvalue() + self.file.read_text()

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.file.read_text().splitlines()]
        return [line for line in found if line["event"] == event]


@contextmanager
def recording(file: Path) -> Iterator[Logged]:
    """Log to `file` for a while, and leave logging as it was."""
    podium, root = logging.getLogger("podium"), logging.getLogger()
    before = (podium.level, podium.propagate, list(podium.handlers), root.level)
    records = _ServersRecords()
    open_log(file, logging.DEBUG)
    root.setLevel(logging.DEBUG)
    for logger in (root, podium):
        logger.addHandler(records)
    yield Logged(file, records)
    root.removeHandler(records)
    for handler in list(podium.handlers):
        podium.removeHandler(handler)
        handler.close()
    podium.level, podium.propagate, podium.handlers[:], root.level = before
