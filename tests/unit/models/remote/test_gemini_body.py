"""The bytes of Gemini's dialect: every field in its place, and none that we don't know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types

from models.errors import InvalidRequest, UnsupportedParameter
from models.messages import ChatRequest, Message, Picture, Sampling, ToolCall, ToolSpec
from models.remote.gemini_body import FIELDS, UNSIGNED, body_bytes
from models.remote.gemini_settings import GeminiSettings

HELLO = (Message("user", "Hello"),)
SCHEMA = {"type": "object"}
TOOL = ToolSpec("f", "F.", {"type": "object", "properties": {"a": {"type": "string"}}})


def body(request: ChatRequest, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body_bytes(request, GeminiSettings(**settings)))
    for turn in found["contents"]:
        types.Content.model_validate(turn)
    types.GenerationConfig.model_validate(found.get("generationConfig", {}))
    for tool in found.get("tools", ()):
        types.Tool.model_validate(tool)
    types.ToolConfig.model_validate(found.get("toolConfig", {}))
    return found


def test_the_least_request() -> None:
    assert body(ChatRequest("gemini", HELLO)) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}]
    }


def test_every_field_is_known_to_the_gate() -> None:
    request = ChatRequest(
        "gemini",
        (Message("system", "Be brief."), *HELLO),
        Sampling(
            max_tokens=7, temperature=0.1, top_p=0.9, top_k=4, seed=3, stop=("a",), n=2,
            presence_penalty=0.5, frequency_penalty=0.4, logprobs=True, top_logprobs=2,
        ),
        tools=(TOOL,),
        tool_choice="f",
        json_schema=SCHEMA,
        cache_salt="never leaves",
        request_id="nor does this",
    )  # fmt: skip
    made = body(request, thoughts=True, thinking_level="low")
    assert set(made) == FIELDS
    assert "never leaves" not in json.dumps(made) and "nor does this" not in json.dumps(made)
    assert made["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert made["toolConfig"]["functionCallingConfig"] == {
        "mode": "ANY", "allowedFunctionNames": ["f"],
    }  # fmt: skip
    assert made["generationConfig"] == {
        "maxOutputTokens": 7, "temperature": 0.1, "topP": 0.9, "topK": 4, "seed": 3,
        "stopSequences": ["a"], "presencePenalty": 0.5, "frequencyPenalty": 0.4,
        "candidateCount": 2, "responseLogprobs": True, "logprobs": 2,
        "responseMimeType": "application/json", "responseJsonSchema": SCHEMA,
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
    }  # fmt: skip


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_choices(choice: str) -> None:
    mode = {"auto": "AUTO", "none": "NONE", "required": "ANY"}[choice]
    made = body(ChatRequest("gemini", HELLO, tools=(TOOL,), tool_choice=choice))
    assert made["toolConfig"]["functionCallingConfig"] == {"mode": mode}


def test_a_conversation_with_tools() -> None:
    calls = (ToolCall("c1", "f", '{"a": "x"}'), ToolCall("c2", "g", ""))
    turns = (
        *HELLO,
        Message("assistant", "One moment.", tool_calls=calls),
        Message("tool", '{"n": 1}', tool_call_id="c1"),
        Message("tool", "two", tool_call_id="c2"),
    )
    _, called, answered = body(ChatRequest("gemini", turns, tools=(TOOL,)))["contents"]
    assert called == {"role": "model", "parts": [
        {"text": "One moment."},
        {"functionCall": {"id": "c1", "name": "f", "args": {"a": "x"}},
         "thoughtSignature": UNSIGNED},
        {"functionCall": {"id": "c2", "name": "g", "args": {}}},
    ]}  # fmt: skip
    assert answered == {"role": "user", "parts": [
        {"functionResponse": {"id": "c1", "name": "f", "response": {"n": 1}}},
        {"functionResponse": {"id": "c2", "name": "g", "response": {"result": "two"}}},
    ]}  # fmt: skip


def test_a_result_of_no_call() -> None:
    with pytest.raises(InvalidRequest):
        body(ChatRequest("gemini", (*HELLO, Message("tool", "x", tool_call_id="c9"))))


def test_pictures_are_inline_data() -> None:
    seen = Message("user", "Look", pictures=(Picture("image/png", "QQ=="),))
    [turn] = body(ChatRequest("gemini", (seen,)))["contents"]
    assert turn["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "QQ=="}}, {"text": "Look"},
    ]  # fmt: skip


def test_any_json_object() -> None:
    made = body(ChatRequest("gemini", HELLO, json_schema={}))
    assert made["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    "case",
    [
        ("logit_bias", {"sampling": Sampling(logit_bias={1: 1.0})}),
        ("min_p", {"sampling": Sampling(min_p=0.1)}),
        ("repetition_penalty", {"sampling": Sampling(repetition_penalty=1.1)}),
        ("parallel_tool_calls", {"tools": (TOOL,), "parallel_tool_calls": False}),
    ],
    ids=lambda case: case[0],
)
def test_what_the_dialect_lacks(case: tuple[str, dict[str, Any]]) -> None:
    assert body(ChatRequest("gemini", HELLO, tools=(TOOL,)))
    with pytest.raises(UnsupportedParameter) as caught:
        body(ChatRequest("gemini", HELLO, **case[1]))
    assert caught.value.param == case[0]
