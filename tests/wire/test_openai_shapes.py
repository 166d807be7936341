"""Our responses against OpenAI's own API description; `route` and `podium` are ours to add."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from models.messages import ChatDelta, TokenLogprob, ToolCallDelta
from models.testing.scripted import Say
from tests.support_contract import MESSAGE
from tests.wire.hearing import tone
from tests.wire.openai_schemas import check
from tests.wire.server import Server

ASK: dict[str, Any] = {"model": "mistral", "messages": [{"role": "user", "content": "Hello"}]}
TOKEN = TokenLogprob("Hi", -0.5, (TokenLogprob("Hi", -0.5),))
SAID = {
    "text": Say(("Hello", " you.")),
    "a tool call": Say((ChatDelta(tool_calls=(ToolCallDelta(0, "call_1", "f", "{}"),)),
                        ChatDelta(finish_reason="tool_calls"))),
    "log probabilities": Say((ChatDelta(text="Hi", logprobs=(TOKEN,)),)),
    "two choices": Say((ChatDelta(0, "a", finish_reason="stop"),
                        ChatDelta(1, "b", finish_reason="length"))),
}  # fmt: skip


def test_the_judge_finds_faults() -> None:
    with pytest.raises(AssertionError, match="choices"):
        check("CreateChatCompletionResponse", {"id": "x", "object": "chat.completion"})


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_completions(http: httpx2.Client, server: Server, said: Say) -> None:
    server.on_loop(lambda stage: stage.reset(said))
    check("CreateChatCompletionResponse", http.post("/v1/chat/completions", json=ASK).json())


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
@pytest.mark.parametrize("usage", [True, False])
def test_chunks(http: httpx2.Client, server: Server, said: Say, usage: bool) -> None:
    server.on_loop(lambda stage: stage.reset(said))
    options = {"stream": True, "stream_options": {"include_usage": usage}}
    answer = http.post("/v1/chat/completions", json=ASK | options)
    for event in answer.text.split("\n\n")[:-2]:
        check("CreateChatCompletionStreamResponse", json.loads(event.removeprefix("data: ")))


@pytest.mark.usefixtures("documents")
def test_a_pipelines_answer(http: httpx2.Client) -> None:
    ask = {"model": "pipeline/support", "messages": [{"role": "user", "content": MESSAGE}]}
    check("CreateChatCompletionResponse", http.post("/v1/chat/completions", json=ask).json())


def test_embeddings(http: httpx2.Client) -> None:
    answer = http.post("/v1/embeddings", json={"model": "embed", "input": "Hello"})
    check("CreateEmbeddingResponse", answer.json())


def test_models(http: httpx2.Client) -> None:
    check("ListModelsResponse", http.get("/v1/models").json())
    check("Model", http.get("/v1/models/mistral").json())


@pytest.mark.parametrize(
    ("format", "schema"),
    [("json", "CreateTranscriptionResponseJson"),
     ("verbose_json", "CreateTranscriptionResponseVerboseJson")],
)  # fmt: skip
def test_transcripts(http: httpx2.Client, format: str, schema: str) -> None:
    form = {"model": "whisper", "response_format": format, "timestamp_granularities[]": "word"}
    answer = http.post("/v1/audio/transcriptions", data=form, files={"file": ("a.wav", tone())})
    check(schema, answer.json())


def test_errors(http: httpx2.Client) -> None:
    for answer in (http.get("/nope"), http.post("/v1/embeddings", json={}), http.put("/v1/models")):
        check("ErrorResponse", answer.json())
