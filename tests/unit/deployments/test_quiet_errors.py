"""An error in Serve's log keeps its type and place, and loses its text and that of its causes."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from deployments.quiet_errors import ErrorsWithoutText, quiet_serve_errors

SECRET = "what the caller said"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    logger, written = logging.Logger("serve"), io.StringIO()
    logger.addHandler(logging.StreamHandler(written))
    yield logger, written


def fail(logger: logging.Logger) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as cause:
            raise ValueError(SECRET) from cause
    except ValueError:
        logger.exception("Request %s failed.", "r1")


def test_errors_lose_their_text(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    fail(logger)
    assert written.getvalue().count(SECRET) > 1
    written.truncate(0)
    logger.addFilter(ErrorsWithoutText())
    fail(logger)
    assert SECRET not in written.getvalue()
    assert "Request r1 failed. ValueError in fail, line" in written.getvalue()


def test_other_records_stay_as_they_are(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.addFilter(ErrorsWithoutText())
    logger.warning("%d replicas", 2)
    assert written.getvalue() == "2 replicas\n"


def test_serves_logger_gets_one_filter() -> None:
    logger = logging.getLogger("ray.serve")
    before = list(logger.filters)
    quiet_serve_errors()
    quiet_serve_errors()
    try:
        assert sum(isinstance(one, ErrorsWithoutText) for one in logger.filters) == 1
    finally:
        logger.filters[:] = before
