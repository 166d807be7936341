"""What Ray Serve LLM's libraries would log of a request is not logged."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path

import pytest

from deployments.ray_llm_quiet import LOGGERS, silence

# Where each library says what it refused, as files under its package: its logger has that name.
SPEAKERS = (
    "ray/llm/_internal/serve/serving_patterns/prefill_decode/pd_server.py",
    "vllm/entrypoints/openai/chat_completion/serving.py",
)
SECRET = "4711"


@pytest.fixture(autouse=True)
def restored() -> object:
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_the_loggers_that_write_requests_say_nothing(
    speaker: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(speaker.removesuffix(".py").replace("/", "."))
    logger.error("Prefill returned error: %s", SECRET)
    assert SECRET in caplog.text
    caplog.clear()
    silence()
    logger.error("Prefill returned error: %s", SECRET)
    assert caplog.text == ""


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_the_libraries_still_have_loggers_of_these_names(speaker: str) -> None:
    package, rest = speaker.split("/", 1)
    found = find_spec(package)
    assert found is not None and found.submodule_search_locations
    text = (Path(found.submodule_search_locations[0]) / rest).read_text()
    assert "logger = logging.getLogger(__name__)" in text or "init_logger(__name__)" in text
