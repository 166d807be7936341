"""The messages that models take and give: plain frozen data, cheap to pickle across the cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "abort"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool asked for by a model; `arguments` is the JSON text as produced."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its media type, such as image/png, and its bytes as base64."""

    media_type: str
    data: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; its pictures stand before its text."""

    role: Role
    content: str
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool a model may call; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; None leaves the engine's own default.

    With `shortens` a `max_tokens` that passes the window is what the window has left; without, it
    is refused.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logit_bias: Mapping[int, float] | None = None
    n: int = 1
    logprobs: bool = False
    top_logprobs: int = 0
    shortens: bool = False


@dataclass(frozen=True, slots=True)
class Lowering:
    """What a declassifier did to a request: no value, but how many were replaced by type.

    `label` is that of the data before, as canonical JSON.
    """

    declassifier: str
    label: str
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The decision a request follows from; `label` is canonical JSON. Made by the router alone.

    `lowering` is set when a declassifier made that label.
    """

    request_id: str
    decision_id: str
    tenant: str
    step: str
    label: str
    policy_digest: str
    lowering: Lowering | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion to make.

    `tool_choice` is "none", "auto", "required" or the name of one tool. `json_schema` constrains
    the answer to that schema; an empty mapping asks for any JSON object. `cache_salt` is set by
    Podium, never by a client: it keeps one tenant's prefix cache from another's. `origin` is set
    for a model outside, which answers nothing without it.
    """

    model: str
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    json_schema: Mapping[str, Any] | None = None
    cache_salt: str | None = None
    priority: int = 0
    request_id: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token's text, its natural-log probability and the alternatives asked for."""

    token: str
    logprob: float
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read, written, and read from the prefix cache.

    Cached tokens and those written to a cache are part of the prompt's, reasoning tokens of the
    completion's. `engine_seconds` is how long accelerators inside worked for this call, `images`
    how many pictures were made.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    engine_seconds: float = 0.0
    images: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call: id and name come once, arguments piece by piece."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of a streamed completion for choice `index`.

    `usage` stands only on the last delta of a stream, whose `finish_reason` may be None;
    `stop_sequence` is the one of the request's that ended it, where the engine tells.
    """

    index: int = 0
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    stop_sequence: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        # One is sent between processes for every token; the dataclass's own way costs ten times.
        values = (
            self.reasoning,
            self.tool_calls,
            self.logprobs,
            self.finish_reason,
            self.usage,
            self.stop_sequence,
        )
        if values == _NOTHING_MORE:
            return ChatDelta, (self.index, self.text)
        return ChatDelta, (self.index, self.text, *values)


_NOTHING_MORE = ("", (), (), None, None, None)


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole answer."""

    index: int
    message: Message
    finish_reason: FinishReason
    reasoning: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished chat completion; `model` is what the engine says it ran."""

    model: str
    choices: tuple[Choice, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """Audio to write down: `audio` holds the bytes of any file the decoder knows.

    Audio over `longest` seconds is refused; `param` is what errors call the field it came in.
    `translate` asks for the words in English.
    """

    model: str
    audio: bytes
    language: str | None = None
    prompt: str | None = None
    temperature: float = 0.0
    words: bool = False
    request_id: str = ""
    longest: float = math.inf
    param: str = "file"
    translate: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; times in seconds from the start of the audio."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech; times in seconds from the start of the audio."""

    id: int
    start: float
    end: float
    text: str
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0
    temperature: float = 0.0
    tokens: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said; empty `segments` mean that no speech was heard.

    `duration` is seconds of sound, `engine_seconds` those that an engine worked for it.
    """

    text: str
    segments: tuple[Segment, ...]
    language: str
    duration: float
    engine_seconds: float = 0.0
