"""From Anthropic's body to the body of a chat completion, which everything behind it knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from deployments.wire.chat_body import (
    ChatBody,
    FilePart,
    FunctionBody,
    FunctionCall,
    ImagePart,
    ImageUrl,
    JsonSchema,
    MessageBody,
    NamedFunction,
    NamedTool,
    Part,
    ResponseFormat,
    TextPart,
    ToolBody,
    ToolCallBody,
)
from deployments.wire.messages_body import (
    CountBody,
    CustomTool,
    MessagesBody,
    OtherBlock,
    TextBlock,
    ToolChoiceBody,
    ToolResultBlock,
    ToolUseBlock,
    TurnBody,
)
from models.errors import InvalidRequest, UnsupportedParameter

_CHOICES = {"auto": "auto", "any": "required", "none": "none"}


def chat_body(body: CountBody) -> ChatBody:
    """The same request; raises InvalidRequest for what it can't say."""
    if body.messages[-1].role == "assistant":
        raise UnsupportedParameter(
            "'messages' ends with the assistant's turn; an answer can't be begun for a model here."
            " End with the user's.",
            param="messages",
        )
    choice, parallel = _choice(body.tool_choice)
    return ChatBody(
        model=body.model,
        messages=[*_system(body.system), *_messages(body.messages)],
        tools=[_tool(tool) for tool in body.tools] if body.tools else None,
        tool_choice=choice,
        parallel_tool_calls=parallel,
        response_format=_format(body),
        route=body.route,
        **(_sampling(body) if isinstance(body, MessagesBody) else {}),
    )


def _sampling(body: MessagesBody) -> dict[str, Any]:
    return {
        "stream": body.stream,
        "max_tokens": body.max_tokens,
        "stop": body.stop_sequences or None,
        "temperature": body.temperature,
        "top_p": body.top_p,
        "top_k": body.top_k,
    }


def _system(system: str | Sequence[TextBlock] | None) -> Iterator[MessageBody]:
    text = system if isinstance(system, str) else "\n\n".join(b.text for b in system or ())
    if text:
        yield MessageBody(role="system", content=text)


def _messages(turns: Sequence[TurnBody]) -> Iterator[MessageBody]:
    for number, turn in enumerate(turns):
        if isinstance(turn.content, str):
            yield MessageBody(role=turn.role, content=turn.content)
        elif turn.role == "assistant":
            yield _assistant(turn.content, number)
        else:
            yield from _given(turn.role, turn.content, number)


def _assistant(blocks: Sequence[Any], number: int) -> MessageBody:
    calls = [_call(block) for block in blocks if isinstance(block, ToolUseBlock)]
    for block in blocks:
        if isinstance(block, ToolResultBlock | OtherBlock):
            raise _misplaced(block.type, number)
    text = "".join(block.text for block in blocks if isinstance(block, TextBlock))
    return MessageBody(role="assistant", content=text, tool_calls=calls or None)


def _given(role: Any, blocks: Sequence[Any], number: int) -> Iterator[MessageBody]:
    """A tool's results as messages of their own, in order with the text around them."""
    if not blocks:
        raise InvalidRequest(
            f"'messages.{number}.content' is empty: say something in it.",
            param=f"messages.{number}.content",
        )
    parts: list[Part] = []
    for block in blocks:
        if isinstance(block, ToolResultBlock) and role == "user":
            if parts:
                yield MessageBody(role=role, content=parts)
                parts = []
            yield MessageBody(role="tool", content=_result(block), tool_call_id=block.tool_use_id)
        elif isinstance(block, TextBlock | OtherBlock):
            parts.append(_part(block))
        else:
            raise _misplaced(block.type, number)
    if parts:
        yield MessageBody(role=role, content=parts)


def _result(block: ToolResultBlock) -> str | list[Part]:
    if block.content is None or isinstance(block.content, str):
        return block.content or ""
    return [_part(part) for part in block.content]


def _part(block: TextBlock | OtherBlock) -> Part:
    if isinstance(block, TextBlock):
        return TextPart(type="text", text=block.text)
    if block.type != "image":
        return FilePart(type="file")
    source = (block.model_extra or {}).get("source")
    row = source if isinstance(source, dict) else {}
    data, kind = row.get("data"), row.get("media_type")
    if row.get("type") != "base64" or not isinstance(data, str) or not isinstance(kind, str):
        raise InvalidRequest(
            "Pictures are not fetched: send 'source' with type base64, media_type and data.",
            param="messages",
        )
    return ImagePart(type="image_url", image_url=ImageUrl(url=f"data:{kind};base64,{data}"))


def _call(block: ToolUseBlock) -> ToolCallBody:
    arguments = json.dumps(block.input, ensure_ascii=False)
    return ToolCallBody(id=block.id, function=FunctionCall(name=block.name, arguments=arguments))


def _tool(tool: CustomTool) -> ToolBody:
    function = FunctionBody(
        name=tool.name,
        description=tool.description,
        parameters=tool.input_schema,
        strict=tool.strict,
    )
    return ToolBody(type="function", function=function)


def _choice(choice: ToolChoiceBody | None) -> tuple[Any, bool]:
    if choice is None:
        return None, True
    parallel = not choice.disable_parallel_tool_use
    if choice.type != "tool":
        return _CHOICES[choice.type], parallel
    if choice.name is None:
        raise InvalidRequest("'tool_choice.name' is missing.", param="tool_choice.name")
    return NamedTool(type="function", function=NamedFunction(name=choice.name)), parallel


def _format(body: CountBody) -> ResponseFormat | None:
    if body.output_config is None or body.output_config.format is None:
        return None
    schema = JsonSchema(name="answer", json_schema=body.output_config.format.json_schema)
    return ResponseFormat(type="json_schema", json_schema=schema)


def _misplaced(kind: str, number: int) -> InvalidRequest:
    return InvalidRequest(
        f"'messages.{number}.content' has a block of type '{kind}', which has no place in a"
        " message of this role.",
        param=f"messages.{number}.content",
    )
