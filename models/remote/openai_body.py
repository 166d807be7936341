"""From a chat request to the bytes that OpenAI's dialect puts on the wire; pure.

The body is made once, by the router's side; the gate checks and sends these very bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models.errors import UnsupportedParameter
from models.messages import ChatRequest, Message, Sampling, ToolSpec
from models.remote.openai_settings import OpenAiSettings
from models.remote.unsupported import refuse

# Every field that may ever leave; the gate refuses a body with another.
FIELDS = frozenset({
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "random_seed", "stop",
    "logit_bias", "n", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls",
    "response_format", "reasoning_effort",
})  # fmt: skip
_NOT_OF_THIS_DIALECT = ("top_k", "min_p", "repetition_penalty")


def body_bytes(request: ChatRequest, vendor_model: str, settings: OpenAiSettings) -> bytes:
    """The request as UTF-8 JSON; it always asks for a stream with usage at its end.

    Raises UnsupportedParameter for sampling that the dialect has no field for.
    """
    body: dict[str, Any] = {
        "model": vendor_model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **_sampling(request.sampling, settings),
        **_tools(request, settings),
    }
    if settings.reasoning_effort is not None:
        body["reasoning_effort"] = settings.reasoning_effort
    if request.json_schema is not None:
        body["response_format"] = _format(request.json_schema, settings)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _message(message: Message) -> dict[str, Any]:
    row: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.name is not None:
        row["name"] = message.name
    if message.tool_calls:
        row["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        row["tool_call_id"] = message.tool_call_id
    return row


def _content(message: Message) -> Any:
    if not message.pictures:
        return message.content
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:{one.media_type};base64,{one.data}"}}
        for one in message.pictures
    ]
    return [*parts, {"type": "text", "text": message.content}] if message.content else parts


def _sampling(sampling: Sampling, settings: OpenAiSettings) -> dict[str, Any]:
    refuse(**{name: getattr(sampling, name) is not None for name in _NOT_OF_THIS_DIALECT})
    fields: dict[str, Any] = {
        settings.max_tokens_field: sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        settings.seed_field: sampling.seed,
        "stop": list(sampling.stop) or None,
        "logit_bias": _bias(sampling.logit_bias),
        "n": sampling.n if sampling.n > 1 else None,
        "logprobs": sampling.logprobs or None,
        "top_logprobs": sampling.top_logprobs or None,
    }
    dropped = {settings.seed_field if name == "seed" else name for name in settings.left_out}
    return {k: v for k, v in fields.items() if v is not None and k not in dropped}


def _bias(bias: Mapping[int, float] | None) -> dict[str, float] | None:
    return {str(token): value for token, value in bias.items()} if bias else None


def _tools(request: ChatRequest, settings: OpenAiSettings) -> dict[str, Any]:
    if not request.tools:
        return {}
    fields: dict[str, Any] = {
        "tools": [_tool(tool) for tool in request.tools],
        "tool_choice": _choice(request.tool_choice, settings),
    }
    if settings.parallel_field:
        return {**fields, "parallel_tool_calls": request.parallel_tool_calls}
    if not request.parallel_tool_calls:
        raise UnsupportedParameter(
            "This model's provider can't be kept from several tool calls at once; leave"
            " 'parallel_tool_calls' out.",
            param="parallel_tool_calls",
        )
    return fields


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _choice(choice: str, settings: OpenAiSettings) -> Any:
    if choice == "required":
        return settings.required_word
    if choice in ("none", "auto"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def _format(schema: Mapping[str, Any], settings: OpenAiSettings) -> dict[str, Any]:
    if not schema:
        return {"type": "json_object"}
    if not settings.schemas:
        raise UnsupportedParameter(
            "This model's provider takes no JSON schema; ask for a JSON object, or another model.",
            param="response_format",
        )
    named: dict[str, Any] = {"name": "answer", "schema": dict(schema)}
    if settings.strict_schema:
        named["strict"] = True
    return {"type": "json_schema", "json_schema": named}
