"""Requests with every field there is, for texts to be put into."""

from __future__ import annotations

import base64
import struct
from typing import Any

PIPELINE = """
name: {name}
version: 1
input:
  text?: str
  customer_id?: str
  audio?: Audio
steps:{steps}
  reply:
    use: generate
    prompt: {prompt}
    with: {{{given}}}
    route: {{model: chatgpt}}
output: {{reply: reply}}
"""
_DOCUMENTS = """
  found:
    use: search
    with: {collection: COLLECTION, query: input.text, k: 3}
  context:
    use: passages
    with: {hits: found.hits}
"""
_RECORDS = """
  customer:
    use: query
    with: {source: crm, name: customer_snapshot, params: {id: input.customer_id}}
  context:
    use: passages
    with: {records: customer.rows}
"""
_CALL = """
  heard:
    use: transcribe
    with: {audio: input.audio}
    route: {model: whisper}
"""
_ASKED = "passages: context.passages, question: input.text"


def leaking_pipelines() -> dict[str, str]:
    """Pipelines that would hand a model outside what they have read, by name."""
    draft, polish = "support/draft@prod", "support/polish@prod"
    parts = {
        "open-docs": (_DOCUMENTS.replace("COLLECTION", "opendocs"), draft, _ASKED),
        "closed-docs": (_DOCUMENTS.replace("COLLECTION", "closeddocs"), draft, _ASKED),
        "records": (_RECORDS, draft, _ASKED),
        "call": (_CALL, polish, "reply: heard.text"),
        "said": ("", polish, "reply: input.text"),
    }
    return {
        name: PIPELINE.format(name=name, steps=steps, prompt=prompt, given=given)
        for name, (steps, prompt, given) in parts.items()
    }


def chat(model: str, data_class: str | None, *, stream: bool = False) -> dict[str, Any]:
    """A chat request with every field that takes a text, and some that take none."""
    call = {"name": "look_up", "arguments": '{"order": "4217"}'}
    parameters = {"type": "object", "properties": {"order": {"type": "string", "title": "order"}}}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You help."},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "text", "text": "Hello."}], "name": "ann"},
        {
            "role": "assistant",
            "content": "I look.",
            "refusal": "no",
            "reasoning_content": "why",
            "reasoning": "why",
            "annotations": [{"type": "url_citation", "url": "x"}],
            "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
        },
        {"role": "tool", "content": "Found.", "tool_call_id": "call_1"},
        {"role": "user", "content": "And now?"},
    ]
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "stream": stream,
        "stream_options": {"include_usage": True} if stream else None,
        "max_tokens": 1,
        "temperature": 0,
        "n": 1,
        "stop": ["never said"],
        "seed": 7,
        "logit_bias": {"7": 0},
        "logprobs": False,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "look_up",
                    "description": "Looks up.",
                    "parameters": parameters,
                },
            }
        ],
        "tool_choice": "none",
        "response_format": {"type": "text"},
        "user": "ann",
        "safety_identifier": "ann",
        "prompt_cache_key": "key",
        "prompt_cache_retention": "24h",
        "metadata": {"case": "12"},
        "service_tier": "auto",
        "route": {"session": "s-1", "prefer": "cost", "inputs": {"customer_id": "C-1001"}},
    }
    if data_class is not None:
        body["route"]["data_class"] = data_class
    return body


def pipeline_chat(data_class: str | None) -> dict[str, Any]:
    """The same for a pipeline, which takes less."""
    route = {"session": "s-1", "inputs": {"customer_id": "C-1001"}, "data_class": data_class}
    return {
        "model": "pipeline/said",
        "messages": [{"role": "user", "content": "When is a refund paid?"}],
        "user": "ann",
        "metadata": {"case": "12"},
        "route": route,
    }


def schema_chat(model: str, data_class: str) -> dict[str, Any]:
    """An answer in the form of a schema, and a tool that must be called."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": "b"}}}
    form = {"name": "shape", "description": "A shape.", "schema": schema, "strict": True}
    return {
        "model": model,
        "messages": [{"role": "user", "content": "Fill it in."}],
        "max_tokens": 1,
        "response_format": {"type": "json_schema", "json_schema": form},
        "route": {"data_class": data_class},
    }


def media_chat(model: str, data_class: str) -> dict[str, Any]:
    """Parts that no model here reads."""
    parts = [
        {"type": "text", "text": "Look."},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file": {"file_id": "f", "filename": "a.pdf", "file_data": "x"}},
    ]
    return {
        "model": model,
        "messages": [{"role": "user", "content": parts}],
        "route": {"data_class": data_class},
    }


def embeddings(data_class: str) -> dict[str, Any]:
    """Texts to embed."""
    return {
        "model": "embed",
        "input": ["one text"],
        "encoding_format": "float",
        "dimensions": 384,
        "user": "ann",
        "route": {"data_class": data_class, "session": "s-1", "inputs": {"a": "b"}},
    }


def run(data_class: str | None, *, stream: bool) -> dict[str, Any]:
    """A pipeline's run."""
    return {
        "inputs": {"text": "When is a refund paid?", "customer_id": "C-1001"},
        "stream": stream,
        "route": {"data_class": data_class, "session": "s-1", "inputs": {"a": "b"}},
    }


def key() -> dict[str, Any]:
    """A key to make; its tenant is a name by which the operator knows somebody."""
    return {
        "tenant": "acme",
        "name": "a name",
        "scopes": ["infer"],
        "min_class": "INTERNAL",
        "expires": "30d",
        "models": ["mistral"],
        "rpm": 10,
        "tpm": 1000,
        "tokens_per_day": 1000,
        "budget_usd": ["5/day"],
    }


def wav_about(text: str) -> bytes:
    """A second of silence whose metadata says `text` (RIFF, a LIST chunk of INFO)."""
    said = text.encode() + b"\0" * (1 + len(text) % 2)
    info = b"INFO" + b"".join(
        name + struct.pack("<I", len(said)) + said for name in (b"INAM", b"IART", b"ICMT")
    )
    shape = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    chunks = b"WAVE"
    for name, content in ((b"fmt ", shape), (b"LIST", info), (b"data", bytes(32000))):
        chunks += name + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def base64_of(data: bytes) -> str:
    """As JSON carries audio."""
    return base64.b64encode(data).decode()
