"""From a chat body to the request a model takes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from deployments.wire.chat_body import (
    AllowedChoice,
    AudioPart,
    ChatBody,
    FilePart,
    ImagePart,
    MessageBody,
    NamedTool,
    Part,
    ToolBody,
)
from deployments.wire.limits import Limits
from deployments.wire.pictures import pictures_of
from models.errors import BodyTooLarge, InvalidAudio, InvalidRequest, UnsupportedParameter
from models.messages import ChatRequest, Message, Picture, Role, Sampling, ToolCall, ToolSpec


def check_limits(body: ChatBody, limits: Limits) -> None:
    """Refuse what is over a limit, naming the field."""
    if (body.n or 1) > limits.choices:
        raise InvalidRequest(f"'n' may be at most {limits.choices}.", param="n")
    if len(body.messages) > limits.messages:
        raise InvalidRequest(f"At most {limits.messages} messages.", param="messages")
    if len(body.tools or ()) > limits.tools:
        raise InvalidRequest(f"At most {limits.tools} tools.", param="tools")
    if isinstance(body.stop, list) and len(body.stop) > limits.stops:
        raise InvalidRequest(f"At most {limits.stops} stop sequences.", param="stop")
    if sum(len(_text(message)) for message in body.messages) > limits.characters:
        raise InvalidRequest(
            f"The messages have over {limits.characters} characters.", param="messages"
        )
    if body.top_logprobs and not body.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs': true.", param="top_logprobs")
    if body.route.dry_run:
        raise UnsupportedParameter(
            "'route.dry_run' is not offered; leave it out to have an answer.", param="route.dry_run"
        )


def check_pipeline(body: ChatBody) -> None:
    """Refuse what a pipeline can't do: its own prompts say how its models are asked."""
    for number, message in enumerate(body.messages):
        _refuse_images(message, number)
    unoffered = {
        "n": (body.n or 1) > 1,
        "tools": bool(body.tools),
        "tool_choice": body.tool_choice not in (None, "none", "auto"),
        "response_format": body.response_format is not None and body.response_format.type != "text",
        "logprobs": bool(body.logprobs),
        "stop": bool(body.stop),
        "logit_bias": bool(body.logit_bias),
    }
    for name, asked in unoffered.items():
        if asked:
            raise UnsupportedParameter(
                f"A pipeline does not take '{name}'; leave it out, or name a model.", param=name
            )


def chat_request(
    body: ChatBody, model: str, request_id: str, cache_salt: str, sees: Limits | None = None
) -> ChatRequest:
    """The request for `model`; raises UnsupportedParameter for parts it can't read.

    `sees` holds the limits on pictures, for a model that takes them.
    """
    for number, message in enumerate(body.messages):
        _refuse_media(message, number, sees is not None)
    return ChatRequest(
        model=model,
        messages=tuple(
            _message(message, pictures_of(message, number, sees) if sees else ())
            for number, message in enumerate(body.messages)
        ),
        sampling=_sampling(body),
        tools=tuple(
            ToolSpec(t.function.name, t.function.description, t.function.parameters)
            for t in _tools(body)
        ),
        tool_choice=_tool_choice(body),
        parallel_tool_calls=body.parallel_tool_calls is not False,
        json_schema=_json_schema(body),
        cache_salt=cache_salt,
        request_id=request_id,
    )


def last_user_text(messages: Sequence[MessageBody]) -> str:
    """What the user said last, for a pipeline's text input."""
    for message in reversed(messages):
        if message.role == "user":
            return _text(message)
    raise InvalidRequest("A pipeline needs a message of role 'user'.", param="messages")


def last_user_audio(messages: Sequence[MessageBody], limit: int) -> bytes | None:
    """The audio of the last user message, None without an input_audio part."""
    for number, message in reversed(list(enumerate(messages))):
        if message.role == "user" and isinstance(message.content, list):
            parts = [part for part in message.content if isinstance(part, AudioPart)]
            if parts:
                return _decode(parts[-1].input_audio.data, f"messages.{number}.content", limit)
    return None


def _decode(data: str, param: str, limit: int) -> bytes:
    try:
        audio = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidAudio("input_audio.data is not base64.", param=param) from None
    if not audio:
        raise InvalidAudio("input_audio.data is empty.", param=param)
    if len(audio) > limit:
        raise BodyTooLarge(f"The audio is over {limit} bytes; send less.", param=param)
    return audio


def _refuse_media(message: MessageBody, number: int, sees: bool) -> None:
    _refuse_images(message, number, sees)
    if any(isinstance(part, AudioPart) for part in _parts(message)):
        raise UnsupportedParameter(
            "This model reads text only; send audio to a pipeline or to /v1/audio/transcriptions.",
            param=f"messages.{number}.content",
        )


def _refuse_images(message: MessageBody, number: int, sees: bool = False) -> None:
    for part in _parts(message):
        if isinstance(part, FilePart) or (isinstance(part, ImagePart) and not sees):
            raise UnsupportedParameter(
                f"Parts of type '{part.type}' can't be read here; send text.",
                param=f"messages.{number}.content",
            )


def _parts(message: MessageBody) -> Sequence[Part]:
    return message.content if isinstance(message.content, list) else ()


def _text(message: MessageBody) -> str:
    if message.content is None:
        return ""
    if isinstance(message.content, str):
        return message.content
    return "".join(part.text for part in message.content if part.type == "text")


def _message(message: MessageBody, pictures: tuple[Picture, ...]) -> Message:
    role: Role = "system" if message.role == "developer" else message.role
    return Message(
        role=role,
        content=_text(message),
        name=message.name,
        tool_calls=tuple(
            ToolCall(call.id, call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
        ),
        tool_call_id=message.tool_call_id,
        pictures=pictures,
    )


def _sampling(body: ChatBody) -> Sampling:
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    return Sampling(
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        top_k=body.top_k,
        min_p=body.min_p,
        repetition_penalty=body.repetition_penalty,
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        seed=body.seed,
        stop=stop,
        logit_bias=body.logit_bias,
        n=body.n or 1,
        logprobs=bool(body.logprobs),
        top_logprobs=body.top_logprobs or 0,
    )


def _tools(body: ChatBody) -> Sequence[ToolBody]:
    """The tools a model is shown: those allowed, where only some are."""
    tools = body.tools or []
    if not isinstance(body.tool_choice, AllowedChoice):
        return tools
    allowed = {one.function.name for one in body.tool_choice.allowed_tools.tools}
    if allowed - {tool.function.name for tool in tools}:
        raise InvalidRequest(
            "'tool_choice' allows a tool that is not in 'tools'.", param="tool_choice"
        )
    return [tool for tool in tools if tool.function.name in allowed]


def _tool_choice(body: ChatBody) -> str:
    known = {tool.function.name for tool in body.tools or ()}
    clash = known & {"none", "auto", "required"}
    if clash:
        raise InvalidRequest(f"A tool can't be named '{clash.pop()}'.", param="tools")
    if isinstance(body.tool_choice, AllowedChoice):
        return body.tool_choice.allowed_tools.mode
    if isinstance(body.tool_choice, NamedTool):
        name = body.tool_choice.function.name
        if name not in known:
            raise InvalidRequest(
                "'tool_choice' names a tool that is not in 'tools'.", param="tool_choice"
            )
        return name
    if body.tool_choice == "required" and not known:
        raise InvalidRequest("'tool_choice' needs 'tools'.", param="tool_choice")
    return body.tool_choice or "auto"


def _json_schema(body: ChatBody) -> dict[str, object] | None:
    wanted = body.response_format
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {}
    if wanted.json_schema is None:
        raise InvalidRequest(
            "'response_format.json_schema' is missing.", param="response_format.json_schema"
        )
    return wanted.json_schema.json_schema
