"""The body of POST /v1/chat/completions: every field OpenAI documents, taken or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.wire.refused import Refused

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
_INT32, _INT64 = 2**31 - 1, 2**63 - 1

Count = Annotated[int, Field(ge=1, le=_INT32)]
Stop = Annotated[str, Field(min_length=1, max_length=1024)]
TokenId = Annotated[int, Field(ge=0, le=_INT32)]
Bias = Annotated[float, Field(ge=-100, le=100)]


class TextPart(BaseModel):
    """A piece of text."""

    model_config = _STRICT
    type: Literal["text"]
    text: str


class AudioData(BaseModel):
    """Audio as base64."""

    model_config = _STRICT
    data: str
    format: str = "wav"


class AudioPart(BaseModel):
    """A piece of speech; only pipelines take it."""

    model_config = _STRICT
    type: Literal["input_audio"]
    input_audio: AudioData


class ImageUrl(BaseModel):
    """A picture as a data URL; no other address is ever fetched."""

    model_config = _STRICT
    url: str
    detail: Literal["auto", "low", "high", "original"] = "auto"


class ImagePart(BaseModel):
    """A picture, for models that see."""

    model_config = _STRICT
    type: Literal["image_url"]
    image_url: ImageUrl


class FilePart(BaseModel):
    """A file; known so that it can be refused by name."""

    model_config = ConfigDict(extra="allow")
    type: Literal["file"]


Part = Annotated[TextPart | AudioPart | ImagePart | FilePart, Field(discriminator="type")]


class FunctionCall(BaseModel):
    """The call inside an assistant's message."""

    model_config = _STRICT
    name: str
    arguments: str


class ToolCallBody(BaseModel):
    """One earlier tool call."""

    model_config = _STRICT
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall
    index: int | None = None


class MessageBody(BaseModel):
    """One message of the conversation."""

    model_config = _STRICT
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    name: str | None = None
    tool_calls: list[ToolCallBody] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    annotations: list[Any] | None = None
    audio: None = None
    function_call: None = None


class FunctionBody(BaseModel):
    """A function a model may call."""

    model_config = _STRICT
    name: str = Field(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    strict: bool | None = None


class ToolBody(BaseModel):
    """A tool; only functions there are."""

    model_config = _STRICT
    type: Literal["function"]
    function: FunctionBody


class NamedFunction(BaseModel):
    """The function to call."""

    model_config = _STRICT
    name: str


class NamedTool(BaseModel):
    """A forced tool."""

    model_config = _STRICT
    type: Literal["function"]
    function: NamedFunction


class AllowedTools(BaseModel):
    """Those of the tools that may be called, and whether one must be."""

    model_config = _STRICT
    mode: Literal["auto", "required"]
    tools: list[NamedTool] = Field(min_length=1)


class AllowedChoice(BaseModel):
    """A choice among some of the tools."""

    model_config = _STRICT
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


class JsonSchema(BaseModel):
    """The schema the answer must hold to."""

    model_config = _STRICT | ConfigDict(populate_by_name=True)
    name: str
    description: str | None = None
    json_schema: dict[str, Any] = Field(default_factory=dict, alias="schema")
    strict: bool | None = None


class ResponseFormat(BaseModel):
    """Text, any JSON object, or JSON of a schema."""

    model_config = _STRICT
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    """What a stream also carries."""

    model_config = _STRICT
    include_usage: bool = False
    include_obfuscation: Literal[False] | None = None


class RouteBody(BaseModel):
    """Podium's own options, as openai's `extra_body={"route": {…}}` sends them."""

    model_config = _STRICT
    data_class: Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"] | None = None
    prefer: Literal["latency", "cost", "quality"] | None = None
    fallback: list[str] = Field(default_factory=list, max_length=8)
    max_cost_usd: float | None = Field(default=None, ge=0)
    max_latency_ms: float | None = Field(default=None, gt=0)
    session: str | None = Field(default=None, max_length=128)
    dry_run: bool = False
    inputs: Mapping[str, Any] = Field(default_factory=dict)


class ChatBody(BaseModel):
    """A chat completion request."""

    model_config = _STRICT

    model: str = Field(max_length=256)
    messages: list[MessageBody] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=-1, le=_INT32)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repetition_penalty: float | None = Field(default=None, gt=0)
    presence_penalty: float | None = Field(default=0.0, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=0.0, ge=-2, le=2)
    n: Count | None = 1
    stop: Stop | list[Stop] | None = None
    seed: int | None = Field(default=None, ge=-_INT64 - 1, le=_INT64)
    logit_bias: dict[TokenId, Bias] | None = Field(default=None, max_length=1024)
    logprobs: bool | None = False
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    tools: list[ToolBody] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | AllowedChoice | None = None
    parallel_tool_calls: bool | None = True
    response_format: ResponseFormat | None = None
    route: RouteBody = Field(default_factory=RouteBody)
    # Told to the server for its own use and without effect on the answer.
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    metadata: dict[str, str] | None = None
    # Of these the one value is taken that says what happens anyway.
    store: Literal[False] | None = False
    service_tier: Literal["auto", "default"] | None = None
    modalities: list[Literal["text"]] | None = None
    reasoning_effort: Literal["none"] | None = None
    verbosity: Literal["medium"] | None = None
    # Refused by name.
    audio: Refused = None
    function_call: Refused = None
    functions: Refused = None
    moderation: Refused = None
    prediction: Refused = None
    prompt_cache_options: Refused = None
    web_search_options: Refused = None
