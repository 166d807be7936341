"""Our own log: one JSON object a line, in files that end."""

from __future__ import annotations

import json
import logging
import logging.handlers
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import json_log


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "logs" / "gateway.jsonl"
    logger = logging.getLogger("podium")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def test_a_record_is_one_line_with_what_it_was_given_by_name(path: Path) -> None:
    json_log.open_log(path)
    logging.getLogger("podium.gateway").info("request", extra={"status": 200})
    line = json.loads(path.read_text())
    assert (line["event"], line["status"], line["logger"]) == ("request", 200, "podium.gateway")


def test_a_full_file_is_put_aside(path: Path) -> None:
    json_log.open_log(path)
    (handler,) = logging.getLogger("podium").handlers
    assert isinstance(handler, logging.handlers.RotatingFileHandler)
    handler.maxBytes = 300
    for number in range(20):
        logging.getLogger("podium.x").info("event", extra={"number": number})
    kept = sorted(path.parent.iterdir())
    assert len(kept) == 6
    assert all(one.stat().st_size < 600 for one in kept)
    newest = [json.loads(line)["number"] for line in path.read_text().splitlines()]
    assert newest[-1] == 19
