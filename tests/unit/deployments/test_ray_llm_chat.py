"""Our port over a server that answers as Ray Serve LLM's does, without one."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deployments.ray_llm_chat import RayLlmChat, ServedModel
from models.deadline import Deadline
from models.errors import (
    ContextLengthExceeded,
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PodiumError,
)
from models.local.ray_llm_settings import RayLlmSettings
from models.messages import ChatDelta, ChatRequest, Message, Sampling, ToolSpec, Usage

with warnings.catch_warnings():
    # Ray's import warns of its own libraries' old ways.
    warnings.simplefilter("ignore")
    from ray.exceptions import ActorDiedError, RayTaskError
    from ray.serve.exceptions import BackPressureError, ReplicaUnavailableError

REQUEST = ChatRequest("m", (Message("user", "Hello"),), request_id="r")
SECRET = "4711"


class Scripted:
    """Says what it was given, in batches as the server does, and keeps what it was asked."""

    def __init__(self, *items: Any) -> None:
        self._items = items
        self.asked: list[dict[str, Any]] = []

    async def chat(self, request: dict[str, Any]) -> AsyncGenerator[Any, None]:
        self.asked.append(request)
        return self._say()

    async def _say(self) -> AsyncGenerator[Any, None]:
        for item in self._items:
            if isinstance(item, Exception):
                raise item
            yield [item]


def event(text: str = "", end: str | None = None, stop: Any = None, **more: Any) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": end, "stop_reason": stop}
    return f"data: {json.dumps({'choices': [choice]} | more)}\n\n"


USAGE = event(usage={"prompt_tokens": 4, "completion_tokens": 2}, choices=[])
DONE = "data: [DONE]\n\n"


def told(code: int, message: str = SECRET, param: str | None = None) -> Any:
    return SimpleNamespace(error=SimpleNamespace(code=code, message=message, param=param))


def served(server: Scripted) -> RayLlmChat:
    return RayLlmChat(server, dict, RayLlmSettings(), ServedModel("m", 64))


async def deltas(server: Scripted, request: ChatRequest = REQUEST) -> Sequence[ChatDelta]:
    chat = served(server)
    found = [delta async for delta in chat.stream(request, Deadline.after(5))]
    assert chat.stats().running == 0
    return found


async def test_the_pieces_the_end_and_the_usage() -> None:
    said = await deltas(Scripted(event("Hel"), event("lo", "stop", "!") + USAGE, DONE))
    assert said == [
        ChatDelta(text="Hel"),
        ChatDelta(text="lo", finish_reason="stop", stop_sequence="!"),
        ChatDelta(usage=Usage(prompt_tokens=4, completion_tokens=2)),
    ]
    [_, end, _] = await deltas(Scripted(event("Hel"), event("lo", "stop", 2), USAGE))
    assert end.stop_sequence is None


async def test_each_request_has_an_id_of_its_own() -> None:
    server = Scripted(USAGE)
    for _ in range(2):
        await deltas(server)
    ids = [one["request_id"] for one in server.asked]
    assert len(set(ids)) == 2 and all(one.startswith("r-") for one in ids)


async def test_the_text_of_a_forced_call_is_its_arguments() -> None:
    asked = replace(REQUEST, tools=(ToolSpec("find"),), tool_choice="find")
    first, last, _ = await deltas(Scripted(event('{"a":'), event("1}", "stop"), USAGE), asked)
    assert [one.text for one in (first, last)] == ["", ""]
    assert first.tool_calls[0].name == "find"
    assert first.tool_calls[0].arguments + last.tool_calls[0].arguments == '{"a":1}'
    assert last.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (told(400), InvalidRequest),
        (told(400, "longer than max_model_len " + SECRET), ContextLengthExceeded),
        (told(404), InvalidRequest),
        (told(500), ModelUnavailable),
        (f'data: {{"error": {{"code": 500, "message": "{SECRET}"}}}}\n\n', ModelUnavailable),
        (f'data: {{"error": {{"code": 400, "message": "{SECRET}"}}}}\n\n', InvalidRequest),
    ],
)
async def test_what_it_refuses_is_an_error_of_ours_without_its_words(
    item: Any, kind: type[PodiumError]
) -> None:
    with pytest.raises(kind) as raised:
        await deltas(Scripted(event("Hel"), item))
    assert type(raised.value) is kind
    assert SECRET not in raised.value.message


class VLLMServerError(Exception):
    """Named as the one in `vllm.exceptions`, which needs no engine to be told apart."""


class EngineDeadError(VLLMServerError):
    """As vLLM raises it before a stream begins, when its engine is gone."""


def elsewhere(error: Exception) -> Exception:
    """As Ray raises here what was raised in another process."""
    return RayTaskError("chat", SECRET, error).as_instanceof_cause()  # type: ignore[no-any-return, no-untyped-call]


@pytest.mark.parametrize(
    ("raises", "kind"),
    [
        (EngineDeadError(SECRET), ModelUnavailable),
        (elsewhere(EngineDeadError(SECRET)), ModelUnavailable),
        (ActorDiedError(), ModelUnavailable),
        (ReplicaUnavailableError(SECRET), ModelUnavailable),
        (BackPressureError(4, 4), Overloaded),
    ],
)
async def test_what_it_raises_before_the_stream_is_an_error_of_ours_to_try_again(
    raises: Exception, kind: type[PodiumError]
) -> None:
    with pytest.raises(kind) as raised:
        await deltas(Scripted(raises))
    assert type(raised.value) is kind
    assert raised.value.retry_after == 1.0
    assert SECRET not in raised.value.message
    assert raised.value.__suppress_context__


async def test_what_nobody_knows_is_not_called_unavailable() -> None:
    for unknown in (KeyError("k"), elsewhere(KeyError("k"))):
        with pytest.raises(KeyError):
            await deltas(Scripted(unknown))


async def test_only_who_asks_for_it_is_cut_to_what_the_window_has_left() -> None:
    server = Scripted(USAGE)
    await deltas(server, replace(REQUEST, sampling=Sampling(max_tokens=99, shortens=True)))
    await deltas(server, replace(REQUEST, sampling=Sampling(max_tokens=99)))
    assert [one["max_completion_tokens"] for one in server.asked] == [1, 60, 99]


async def test_a_prompt_is_counted_by_reading_it() -> None:
    server = Scripted(event("a", "length"), USAGE)
    asked = replace(REQUEST, tools=(ToolSpec("find"),), cache_salt="s", json_schema={})
    assert await served(server).count(asked, Deadline.after(5)) == 4
    [one] = server.asked
    assert (one["max_completion_tokens"], one["cache_salt"], len(one["tools"])) == (1, "s", 1)
    assert "structured_outputs" not in one


async def test_those_who_wait_are_told_apart() -> None:
    chat = served(Scripted(event("a"), USAGE))
    open_ = [chat.stream(REQUEST, Deadline.after(5)) for _ in range(40)]
    for one in open_:
        await anext(one)
    assert (chat.stats().running, chat.stats().waiting) == (32, 8)
    for one in open_:
        await one.aclose()  # type: ignore[attr-defined]
    assert chat.stats() == served(Scripted()).stats()
