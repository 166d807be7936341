"""kill -9 of the chat model's replica: its engine goes with it, and another takes over."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
import openai
import psutil

from tests.serve.instance import Instance
from tests.serve.sockets import replicas

PATIENCE_S = 240.0


def test_no_engine_is_left_behind_and_the_model_comes_back(
    podium: Instance, http: httpx2.Client, client: openai.OpenAI
) -> None:
    (replica,) = replicas(podium, "LLM-mistral")
    engine = replica.children(recursive=True)
    assert engine, "the replica has an engine process to leave behind"
    replica.kill()
    _until(lambda: not any(_lives(process) for process in engine))
    _until(lambda: _answers(client))
    _until(lambda: http.get("/readyz").status_code == 200)


def _answers(client: openai.OpenAI) -> bool:
    """Whether the model answers; until it does, only honest errors are allowed."""
    try:
        answer = client.chat.completions.create(
            model="mistral", messages=[{"role": "user", "content": "Hello"}], max_tokens=4
        )
    except openai.APIStatusError as error:
        assert error.status_code in (429, 503, 504), error
        return False
    return answer.usage is not None and answer.usage.completion_tokens >= 1


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not come to pass in time")
