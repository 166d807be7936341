"""From a chat request to the JSON that the gate checks, and from that to a prompt; pure.

Copilot's runtime has no wire dialect for whole conversations: a session takes the text that stands
above everything and one prompt. The body is made by the router's side; the prompt is made from the
very bytes that the gate checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidRequest
from models.messages import ChatRequest, Message, Sampling
from models.remote.copilot_settings import CopilotSettings
from models.remote.unsupported import refuse

# Every field that may ever leave; the gate refuses a body with another.
FIELDS = frozenset({"model", "system", "messages"})
# Without a text of ours the runtime would put the one of its coding agent there.
NO_SYSTEM = "You are a helpful assistant."
_EARLIER = "This is a conversation, one JSON object a line. Answer its last message."


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a session is told."""

    model: str
    system: str
    text: str


def body_bytes(request: ChatRequest, vendor_model: str, settings: CopilotSettings) -> bytes:
    """The request as UTF-8 JSON.

    Raises UnsupportedParameter for what a session has no field for, and InvalidRequest for a
    conversation without a last message to answer.
    """
    _refuse(request, settings)
    turns = [one for one in request.messages if one.role != "system"]
    if not turns or not turns[-1].content.strip():
        raise InvalidRequest("The last message holds no text; write one.", param="messages")
    system = [one.content for one in request.messages if one.role == "system" and one.content]
    body = {
        "model": vendor_model,
        "system": "\n\n".join(system) or NO_SYSTEM,
        "messages": [{"role": one.role, "content": one.content} for one in turns],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def prompt_of(body: bytes) -> Prompt:
    """What the runtime is told for a body: one message stands as it is, several as JSON lines."""
    read: dict[str, Any] = json.loads(body)
    messages: list[Mapping[str, str]] = read["messages"]
    lines = [json.dumps(one, ensure_ascii=False) for one in messages]
    text = messages[0]["content"] if len(messages) == 1 else "\n".join([_EARLIER, *lines])
    return Prompt(read["model"], read["system"], text)


def _refuse(request: ChatRequest, settings: CopilotSettings) -> None:
    refuse(
        tools=bool(request.tools) or any(_of_tools(one) for one in request.messages),
        response_format=request.json_schema is not None,
        image_url=any(one.pictures for one in request.messages),
        **_sampling(request.sampling, settings),
    )


def _of_tools(message: Message) -> bool:
    return message.role == "tool" or bool(message.tool_calls)


def _sampling(drawn: Sampling, settings: CopilotSettings) -> dict[str, bool]:
    steers = ("max_tokens", "temperature", "top_p", "seed")
    asked = {name: getattr(drawn, name) is not None for name in steers}
    return {name: found for name, found in asked.items() if name not in settings.left_out} | {
        "top_k": drawn.top_k is not None,
        "min_p": drawn.min_p is not None,
        "repetition_penalty": drawn.repetition_penalty is not None,
        "presence_penalty": bool(drawn.presence_penalty),
        "frequency_penalty": bool(drawn.frequency_penalty),
        "logit_bias": bool(drawn.logit_bias),
        "stop": bool(drawn.stop),
        "n": drawn.n > 1,
        "logprobs": drawn.logprobs,
    }
