"""The bodies of POST /v1/messages and its count_tokens, as Anthropic's clients send them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.wire.chat_body import Count, RouteBody, Stop
from deployments.wire.refused import Refused

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class TextBlock(BaseModel):
    """A piece of text; every prefix is cached, so where a client marks one has no effect."""

    model_config = _STRICT
    type: Literal["text"]
    text: str
    cache_control: dict[str, Any] | None = None
    citations: list[Any] | None = None


class ToolUseBlock(BaseModel):
    """One earlier tool call."""

    model_config = _STRICT
    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]
    cache_control: dict[str, Any] | None = None
    caller: Any = None


class ThinkingBlock(BaseModel):
    """Earlier reasoning, which no model is shown again."""

    model_config = ConfigDict(extra="allow")
    type: Literal["thinking", "redacted_thinking"]


class OtherBlock(BaseModel):
    """A picture or a document; known so that it can be refused by name."""

    model_config = ConfigDict(extra="allow")
    type: Literal["image", "document", "search_result"]


_ResultPart = Annotated[TextBlock | OtherBlock, Field(discriminator="type")]


class ToolResultBlock(BaseModel):
    """What a tool gave; that it failed must stand in its text, for models are told no more."""

    model_config = _STRICT
    type: Literal["tool_result"]
    tool_use_id: str
    content: str | list[_ResultPart] | None = None
    is_error: bool | None = None
    cache_control: dict[str, Any] | None = None


Block = Annotated[
    TextBlock | ToolUseBlock | ToolResultBlock | ThinkingBlock | OtherBlock,
    Field(discriminator="type"),
]


class TurnBody(BaseModel):
    """One message of the conversation."""

    model_config = _STRICT
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class CustomTool(BaseModel):
    """A tool of the client's own; a provider's are refused by their type."""

    model_config = _STRICT
    type: Literal["custom"] | None = None
    name: str = Field(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")
    description: str = ""
    input_schema: dict[str, Any]
    strict: bool | None = None
    cache_control: dict[str, Any] | None = None
    eager_input_streaming: bool | None = None


class ToolChoiceBody(BaseModel):
    """Whether and which tool is to be called."""

    model_config = _STRICT
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingBody(BaseModel):
    """Reasoning before the answer: how long is the model's own business here."""

    model_config = _STRICT
    type: Literal["disabled"]


class JsonFormat(BaseModel):
    """The schema the answer must hold to."""

    model_config = _STRICT | ConfigDict(populate_by_name=True)
    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")


class OutputConfig(BaseModel):
    """How the answer is to look."""

    model_config = _STRICT
    format: JsonFormat | None = None
    effort: Refused = None


class CountBody(BaseModel):
    """A request to count tokens."""

    model_config = _STRICT
    model: str = Field(max_length=256)
    messages: list[TurnBody] = Field(min_length=1)
    system: str | list[TextBlock] | None = None
    tools: list[CustomTool] | None = None
    tool_choice: ToolChoiceBody | None = None
    thinking: ThinkingBody | None = None
    output_config: OutputConfig | None = None
    cache_control: dict[str, Any] | None = None
    route: RouteBody = Field(default_factory=RouteBody)
    speed: Refused = None
    mcp_servers: Refused = None
    context_management: Refused = None
    user_profile_id: Refused = None
    workspace_id: Refused = None


class MetadataBody(BaseModel):
    """What a client says of its own user; kept nowhere."""

    model_config = _STRICT
    user_id: str | None = None


class MessagesBody(CountBody):
    """A message request."""

    max_tokens: Count
    stream: bool | None = False
    stop_sequences: list[Stop] | None = None
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0, le=2**31 - 1)
    metadata: MetadataBody | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: Refused = None
    diagnostics: Refused = None
    inference_geo: Refused = None
