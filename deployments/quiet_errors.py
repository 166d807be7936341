"""Errors in Ray Serve's own logs by type and place alone: their text may hold content."""

from __future__ import annotations

import logging
import traceback


class ErrorsWithoutText(logging.Filter):
    """Takes the traceback off a record and leaves the error's type and where it was raised."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through, without what an error says."""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg = f"{record.getMessage()} {type(error).__name__} {_place(error)}"
            record.args = ()
        record.exc_info = record.exc_text = None
        return True


def quiet_serve_errors() -> None:
    """Put the filter on Serve's logger in this process; once more changes nothing."""
    logger = logging.getLogger("ray.serve")
    if not any(isinstance(one, ErrorsWithoutText) for one in logger.filters):
        logger.addFilter(ErrorsWithoutText())


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"in {frames[-1].name}, line {frames[-1].lineno}" if frames else "nowhere known"
