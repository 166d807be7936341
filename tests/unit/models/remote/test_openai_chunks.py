"""Chunks as servers of the dialect send them, the odd ones too."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from models.messages import ChatDelta, TokenLogprob, ToolCallDelta, Usage
from models.remote.openai_chunks import ChunkReader


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An object of a stream, which the SDK's own type takes."""
    frame = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "vendor-2"}
    whole = [{"index": 0, "finish_reason": None, "delta": {}, **choice} for choice in choices]
    made = {**frame, "choices": whole, **fields}
    ChatCompletionChunk.model_validate(made)
    return made


def read(*chunks: Any) -> tuple[list[ChatDelta], ChunkReader]:
    reader = ChunkReader()
    return [delta for one in chunks for delta in reader.deltas(one)], reader


def test_text_then_reason_then_usage() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7,
             "prompt_tokens_details": {"cached_tokens": 3}}  # fmt: skip
    deltas, reader = read(
        chunk({"delta": {"role": "assistant", "content": ""}}),
        chunk({"delta": {"content": "Hi"}}),
        chunk({"finish_reason": "length"}),
        chunk(usage=usage),
    )
    assert deltas == [ChatDelta(text="Hi"), ChatDelta(finish_reason="length")]
    assert reader.usage == Usage(5, 2, 3)
    assert reader.whole and reader.model == "vendor-2"


def test_a_stream_without_a_reason_is_no_whole_one() -> None:
    _, reader = read(chunk({"delta": {"content": "Hi"}}))
    assert not reader.whole


def test_a_reason_said_twice_counts_once() -> None:
    end = {"finish_reason": "stop"}
    deltas, _ = read(chunk(end), chunk(end))
    assert deltas == [ChatDelta(finish_reason="stop")]


def test_old_and_unknown_reasons() -> None:
    for said, meant in (("function_call", "tool_calls"), ("content_filter", "content_filter")):
        deltas, _ = read(chunk({"finish_reason": said}))
        assert deltas[0].finish_reason == meant


def test_reasoning_under_either_name() -> None:
    for name in ("reasoning_content", "reasoning"):
        deltas, _ = read(chunk({"delta": {name: "hm"}}))
        assert deltas == [ChatDelta(reasoning="hm")]


def test_tool_calls_and_logprobs() -> None:
    call = {"index": 1, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
    token = {"token": "a", "bytes": None, "logprob": -0.5,
             "top_logprobs": [{"token": "b", "bytes": None, "logprob": -1.0}]}  # fmt: skip
    deltas, _ = read(
        chunk({"delta": {"tool_calls": [call]}}),
        chunk({"delta": {"content": "a"}, "logprobs": {"content": [token], "refusal": None}}),
    )
    assert deltas[0].tool_calls == (ToolCallDelta(1, "c", "f", "{"),)
    assert deltas[1].logprobs == (TokenLogprob("a", -0.5, (TokenLogprob("b", -1.0),)),)


def test_what_is_no_chunk_is_an_error_of_its_kind() -> None:
    for odd in (7, {"choices": 7}, {"choices": [{"index": 0}]}, {"choices": [{"delta": 7}]}):
        with pytest.raises((TypeError, LookupError)):
            read(odd)
