"""JSON lines for our own log: fixed fields, no message text built from content, rotated."""

from __future__ import annotations

import json
import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path

_BYTES = 10 * 1024 * 1024
_FILES = 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, logger, event, and the extras given by name."""

    def format(self, record: logging.LogRecord) -> str:
        # Ray marks every record of its process with fields that begin with an underscore.
        given = {k: v for k, v in vars(record).items() if not k.startswith("_")}
        extras = {k: v for k, v in given.items() if k not in _STANDARD}
        when = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "pid": record.process,
        }
        return json.dumps(line | extras, default=str, ensure_ascii=False)


class _RotatedFile(logging.handlers.RotatingFileHandler):
    """Goes on in a new file once one is full; the library would write out each record twice."""

    def shouldRollover(self, record: logging.LogRecord) -> int:
        return int(self.stream is not None and self.stream.tell() >= self.maxBytes)


def open_log(path: Path, level: int = logging.INFO) -> None:
    """Send the `podium` logger to this file, and nowhere else."""
    logger = logging.getLogger("podium")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = _RotatedFile(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    handler.setFormatter(_JsonFormatter())
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
