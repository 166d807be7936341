"""From a chat request to the bytes that Anthropic's dialect puts on the wire; pure.

The wire is https://platform.claude.com/docs/en/api/messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from models.errors import InvalidRequest, UnsupportedParameter
from models.messages import ChatRequest, Message, Sampling, ToolSpec
from models.remote.anthropic_settings import AnthropicSettings
from models.remote.call_arguments import arguments_of
from models.remote.closed_schema import closed_schema
from models.remote.unsupported import refuse

# Every field that may ever leave; the gate refuses a body with another.
FIELDS = frozenset({
    "model", "messages", "system", "max_tokens", "stream", "temperature", "top_p", "top_k",
    "stop_sequences", "tools", "tool_choice", "thinking", "output_config",
})  # fmt: skip
_THINKING = {
    "adaptive": {"type": "adaptive", "display": "summarized"},
    "off": {"type": "disabled"},
}


def body_bytes(request: ChatRequest, vendor_model: str, settings: AnthropicSettings) -> bytes:
    """The request as UTF-8 JSON; it always asks for a stream.

    Raises UnsupportedParameter for what the dialect has no field for, and InvalidRequest for a
    conversation that it can't carry.
    """
    _refuse(request)
    body: dict[str, Any] = {
        "model": vendor_model,
        "max_tokens": request.sampling.max_tokens or settings.max_tokens,
        **_system(request.messages),
        "messages": _turns(request.messages),
        "stream": True,
        **_sampling(request.sampling, settings),
        **_tools(request),
        **_output(request, settings),
    }
    if settings.thinking != "default":
        body["thinking"] = _THINKING[settings.thinking]
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _refuse(request: ChatRequest) -> None:
    drawn = request.sampling
    refuse(
        n=drawn.n > 1,
        logprobs=drawn.logprobs,
        logit_bias=bool(drawn.logit_bias),
        min_p=drawn.min_p is not None,
        repetition_penalty=drawn.repetition_penalty is not None,
        presence_penalty=bool(drawn.presence_penalty),
        frequency_penalty=bool(drawn.frequency_penalty),
    )


def _system(messages: Iterable[Message]) -> dict[str, str]:
    text = "\n\n".join(one.content for one in messages if one.role == "system" and one.content)
    return {"system": text} if text else {}


def _turns(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """User and assistant in turn; results of tools stand first in the user's next turn."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        blocks = [] if message.role == "system" else _blocks(message)
        role = "assistant" if message.role == "assistant" else "user"
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    if not turns:
        raise InvalidRequest("The messages hold no text; write one.", param="messages")
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [
            {
                "type": "tool_result",
                "tool_use_id": message.tool_call_id or "",
                "content": message.content,
            }
        ]
    blocks: list[dict[str, Any]] = [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": one.media_type, "data": one.data},
        }
        for one in message.pictures
    ]
    if message.content.strip():
        blocks.append({"type": "text", "text": message.content})
    return blocks + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_of(call)}
        for call in message.tool_calls
    ]


def _sampling(sampling: Sampling, settings: AnthropicSettings) -> dict[str, Any]:
    fields: dict[str, Any] = {"stop_sequences": list(sampling.stop) or None}
    if settings.sampling:
        fields |= {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
        }
    return {name: value for name, value in fields.items() if value is not None}


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    return {"tools": [_tool(tool) for tool in request.tools], "tool_choice": _choice(request)}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    schema = {"type": "object", **tool.parameters}
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _choice(request: ChatRequest) -> dict[str, Any]:
    named = {"none": {"type": "none"}, "auto": {"type": "auto"}, "required": {"type": "any"}}
    choice: dict[str, Any] = named.get(
        request.tool_choice, {"type": "tool", "name": request.tool_choice}
    )
    if not request.parallel_tool_calls and choice["type"] != "none":
        choice = {**choice, "disable_parallel_tool_use": True}
    return choice


def _output(request: ChatRequest, settings: AnthropicSettings) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if request.json_schema is not None:
        output["format"] = _format(request.json_schema)
    if settings.effort is not None:
        output["effort"] = settings.effort
    return {"output_config": output} if output else {}


def _format(schema: Mapping[str, Any]) -> dict[str, Any]:
    if not schema:
        raise UnsupportedParameter(
            "This model's provider makes JSON of a schema only; give one in 'response_format'.",
            param="response_format",
        )
    return {"type": "json_schema", "schema": closed_schema(schema)}
