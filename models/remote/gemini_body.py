"""From a chat request to the bytes that Gemini's dialect puts on the wire; pure.

The wire is https://ai.google.dev/api/generate-content. The model stands in the address and not in
the body: the adapter of a row has one address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from models.errors import InvalidRequest
from models.messages import ChatRequest, Message, Sampling, ToolSpec
from models.remote.call_arguments import arguments_of
from models.remote.gemini_settings import GeminiSettings
from models.remote.unsupported import refuse

# Every field that may ever leave; the gate refuses a body with another.
FIELDS = frozenset({"contents", "systemInstruction", "tools", "toolConfig", "generationConfig"})
# Gemini signs its calls and wants the signature back; clients of other dialects have lost it.
# https://ai.google.dev/gemini-api/docs/thought-signatures names this value for such calls.
UNSIGNED = "skip_thought_signature_validator"
_MODES = {"none": "NONE", "auto": "AUTO", "required": "ANY"}


def body_bytes(request: ChatRequest, settings: GeminiSettings) -> bytes:
    """The request as UTF-8 JSON.

    Raises UnsupportedParameter for what the dialect has no field for, and InvalidRequest for a
    conversation that it can't carry.
    """
    _refuse(request)
    body: dict[str, Any] = {
        **_system(request.messages),
        "contents": _turns(request.messages),
        **_tools(request),
    }
    drawn = {**_sampling(request.sampling), **_format(request.json_schema), **_thoughts(settings)}
    if drawn:
        body["generationConfig"] = drawn
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _refuse(request: ChatRequest) -> None:
    drawn = request.sampling
    refuse(
        logit_bias=bool(drawn.logit_bias),
        min_p=drawn.min_p is not None,
        repetition_penalty=drawn.repetition_penalty is not None,
        parallel_tool_calls=bool(request.tools) and not request.parallel_tool_calls,
    )


def _system(messages: Iterable[Message]) -> dict[str, Any]:
    parts = [{"text": one.content} for one in messages if one.role == "system" and one.content]
    return {"systemInstruction": {"parts": parts}} if parts else {}


def _turns(messages: Iterable[Message]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for role, parts in _parts(messages):
        if turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        else:
            turns.append({"role": role, "parts": parts})
    if not turns:
        raise InvalidRequest("The messages hold no text; write one.", param="messages")
    return turns


def _parts(messages: Iterable[Message]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Role and parts of every message that has any; a result names its call's function."""
    names: dict[str, str] = {}
    for message in messages:
        names |= {call.id: call.name for call in message.tool_calls}
        if message.role == "tool":
            yield "user", [_result(message, names)]
        elif message.role != "system" and (parts := _said(message)):
            yield "model" if message.role == "assistant" else "user", parts


def _said(message: Message) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": one.media_type, "data": one.data}} for one in message.pictures
    ]
    if message.content:
        parts.append({"text": message.content})
    for number, call in enumerate(message.tool_calls):
        called = {"id": call.id, "name": call.name, "args": arguments_of(call)}
        # Of calls made at once only the first is signed.
        signed = {} if number else {"thoughtSignature": UNSIGNED}
        parts.append({"functionCall": called, **signed})
    return parts


def _result(message: Message, names: Mapping[str, str]) -> dict[str, Any]:
    call = message.tool_call_id or ""
    if call not in names:
        raise InvalidRequest(
            "A tool's result answers a call that is not in the messages; mend tool_call_id.",
            param="messages",
        )
    answered = {"id": call, "name": names[call], "response": _response(message.content)}
    return {"functionResponse": answered}


def _response(text: str) -> dict[str, Any]:
    """The dialect wants an object; any other result becomes the only value of one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    return found if isinstance(found, dict) else {"result": found}


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    return {
        "tools": [{"functionDeclarations": [_tool(tool) for tool in request.tools]}],
        "toolConfig": {"functionCallingConfig": _mode(request.tool_choice)},
    }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    row: dict[str, Any] = {"name": tool.name, "description": tool.description}
    return {**row, "parametersJsonSchema": dict(tool.parameters)} if tool.parameters else row


def _mode(choice: str) -> dict[str, Any]:
    if choice in _MODES:
        return {"mode": _MODES[choice]}
    return {"mode": "ANY", "allowedFunctionNames": [choice]}


def _sampling(sampling: Sampling) -> dict[str, Any]:
    stops: Sequence[str] | None = list(sampling.stop) or None
    fields: dict[str, Any] = {
        "maxOutputTokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "seed": sampling.seed,
        "stopSequences": stops,
        "presencePenalty": sampling.presence_penalty or None,
        "frequencyPenalty": sampling.frequency_penalty or None,
        "candidateCount": sampling.n if sampling.n > 1 else None,
        "responseLogprobs": sampling.logprobs or None,
        "logprobs": sampling.top_logprobs or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _format(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if schema is None:
        return {}
    asked: dict[str, Any] = {"responseMimeType": "application/json"}
    return {**asked, "responseJsonSchema": dict(schema)} if schema else asked


def _thoughts(settings: GeminiSettings) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if settings.thoughts:
        config["includeThoughts"] = True
    if settings.thinking_level is not None:
        config["thinkingLevel"] = settings.thinking_level.upper()
    return {"thinkingConfig": config} if config else {}
