"""OpenAI's chat completions, as the stub speaks them; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployments.stub.asked import Asked, Choice, Tool
from deployments.stub.dialect import frame, text_in
from deployments.stub.said import Said, arguments_text

ID = "chatcmpl-stub"
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_REASONS = {"stop_sequence": "stop", "refusal": "stop"}


class OpenAiChat:
    """POST /v1/chat/completions."""

    def asked(self, body: Mapping[str, Any], address: str) -> Asked:
        messages = body["messages"]
        last = messages[-1] if messages else {}
        choice, named = _choice(body.get("tool_choice"))
        stops = body.get("stop") or ()
        options = body.get("stream_options") or {}
        return Asked(
            model=str(body.get("model", "stub")),
            prompt="\n".join(text_in(message.get("content")) for message in messages),
            last=_last(messages),
            answers_tool=last.get("role") == "tool",
            most=body.get("max_completion_tokens") or body.get("max_tokens"),
            stops=(stops,) if isinstance(stops, str) else tuple(stops),
            schema=_schema(body.get("response_format")),
            tools=tuple(
                Tool(tool["function"]["name"], tool["function"].get("parameters") or {})
                for tool in body.get("tools") or ()
            ),
            choice=choice,
            named=named,
            stream=bool(body.get("stream")),
            usage=bool(options.get("include_usage")),
            logprobs=bool(body.get("logprobs")),
        )

    def whole(self, said: Said) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": None}
        if said.row.refusal:
            message |= {"content": None, "refusal": said.text}
        if said.row.reasoning:
            message["reasoning_content"] = said.row.reasoning
        if said.calls:
            calls = [_call(said, number) for number in range(len(said.calls))]
            message |= {"content": None, "tool_calls": calls}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": _reason(said),
            "logprobs": _logprobs(said.words) if said.asked.logprobs else None,
        }
        return {
            "id": ID,
            "object": "chat.completion",
            "created": 0,
            "model": said.model,
            "choices": [choice],
            "usage": _usage(said),
        }

    def events(self, said: Said) -> Iterator[bytes]:
        for chunk in chunks(said):
            yield frame(chunk)

    def end(self) -> bytes:
        return b"data: [DONE]\n\n"

    def failure(self, status: int, code: str | None) -> dict[str, Any]:
        word = code or _CODES.get(status)
        message = f"The stub was told to answer {status}."
        return {"error": {"message": message, "type": word, "param": None, "code": word}}

    def failure_event(self, code: str | None) -> bytes:
        return frame({"error": {"message": "failed", "type": "server_error", "code": code}})

    def wrong_type(self) -> bytes:
        return frame({"id": ID, "object": "chat.completion.chunk", "choices": [{"delta": 7}]})


def chunks(said: Said) -> Iterator[dict[str, Any]]:
    """The chunks of a stream, one a word; usage in a last one of its own when asked for."""
    yield _chunk(said, {"role": "assistant", "content": ""})
    if said.row.reasoning:
        yield _chunk(said, {"reasoning_content": said.row.reasoning})
    for number in range(len(said.calls)):
        yield from _call_chunks(said, number)
    field = "refusal" if said.row.refusal else "content"
    for word in said.words:
        yield _chunk(said, {field: word}, words=(word,))
    yield _chunk(said, {}, _reason(said))
    if said.asked.usage:
        yield {**_frame(said), "choices": [], "usage": _usage(said)}


def _call_chunks(said: Said, number: int) -> Iterator[dict[str, Any]]:
    """Id and name first, then the arguments in two pieces, as providers do."""
    whole = _call(said, number)
    arguments = whole["function"]["arguments"]
    head = {**whole, "function": {**whole["function"], "arguments": ""}}
    yield _chunk(said, {"tool_calls": [{"index": number, **head}]})
    half = len(arguments) // 2
    for piece in (arguments[:half], arguments[half:]):
        yield _chunk(said, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})


def _chunk(
    said: Said, delta: dict[str, Any], reason: str | None = None, words: tuple[str, ...] = ()
) -> dict[str, Any]:
    logprobs = _logprobs(words) if words and said.asked.logprobs else None
    choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": logprobs}
    return {**_frame(said), "choices": [choice]}


def _frame(said: Said) -> dict[str, Any]:
    return {"id": ID, "object": "chat.completion.chunk", "created": 0, "model": said.model}


def _reason(said: Said) -> str:
    return said.row.reason or _REASONS.get(said.reason, said.reason)


def _usage(said: Said) -> dict[str, Any]:
    return {
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.completion_tokens,
        "total_tokens": said.prompt_tokens + said.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": said.row.cached},
    }


def _logprobs(words: tuple[str, ...]) -> dict[str, Any]:
    content = [
        {"token": word, "bytes": list(word.encode()), "logprob": -0.25, "top_logprobs": []}
        for word in words
    ]
    return {"content": content, "refusal": None}


def _call(said: Said, number: int) -> dict[str, Any]:
    name, arguments = said.calls[number]
    function = {"name": name, "arguments": arguments_text(arguments)}
    return {"id": said.call_id(number), "type": "function", "function": function}


def _last(messages: list[Any]) -> str:
    """The last turn; the results of tools at its end are one turn."""
    end = len(messages)
    while end > 1 and messages[end - 1].get("role") == messages[end - 2].get("role") == "tool":
        end -= 1
    return "\n".join(text_in(message.get("content")) for message in messages[end - 1 :])


def _choice(choice: Any) -> tuple[Choice, str | None]:
    if isinstance(choice, Mapping):
        return "named", choice["function"]["name"]
    if choice in ("required", "any"):
        return "required", None
    return "none" if choice == "none" else "auto", None


def _schema(wanted: Any) -> Mapping[str, Any] | None:
    if not isinstance(wanted, Mapping):
        return None
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    named = wanted.get("json_schema")
    return named.get("schema") if isinstance(named, Mapping) else None
