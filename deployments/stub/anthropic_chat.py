"""Anthropic's messages, as the stub speaks them; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployments.stub.asked import Asked, Choice, Tool
from deployments.stub.dialect import frame, text_in
from deployments.stub.said import Said, arguments_text

ID = "msg_stub"
_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
_CHOICES: Mapping[str, Choice] = {
    "auto": "auto", "any": "required", "tool": "named", "none": "none",
}  # fmt: skip
_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


class AnthropicChat:
    """POST /v1/messages."""

    def asked(self, body: Mapping[str, Any], address: str) -> Asked:
        messages = body["messages"]
        choice = body.get("tool_choice") or {}
        wanted = (body.get("output_config") or {}).get("format") or {}
        last = messages[-1] if messages else {}
        texts = [text_in(body.get("system")), *(text_in(one["content"]) for one in messages)]
        return Asked(
            model=str(body.get("model", "stub")),
            prompt="\n".join(texts),
            last=_last(last),
            answers_tool=bool(_results(last)),
            most=body.get("max_tokens"),
            stops=tuple(body.get("stop_sequences") or ()),
            schema=wanted.get("schema"),
            tools=tuple(
                Tool(tool["name"], tool.get("input_schema") or {})
                for tool in body.get("tools") or ()
            ),
            choice=_CHOICES[choice.get("type", "auto")],
            named=choice.get("name"),
            stream=bool(body.get("stream")),
        )

    def whole(self, said: Said) -> dict[str, Any]:
        blocks = []
        if said.row.reasoning:
            blocks.append(_thought(said.row.reasoning, "c2lnbmVk"))
        if said.words:
            blocks.append({"type": "text", "text": said.text, "citations": None})
        blocks += [_call(said, number, whole=True) for number in range(len(said.calls))]
        return {
            **_message(said),
            "content": blocks,
            "stop_reason": _reason(said),
            "stop_sequence": said.stopped_by,
            "usage": _usage(said, said.completion_tokens),
        }

    def events(self, said: Said) -> Iterator[bytes]:
        for event in events(said):
            yield frame(event, event["type"])

    def end(self) -> bytes:
        return b""

    def failure(self, status: int, code: str | None) -> dict[str, Any]:
        kind = code or _TYPES.get(status, "api_error")
        error = {"type": kind, "message": f"The stub was told to answer {status}."}
        return {"type": "error", "error": error, "request_id": "req_stub"}

    def failure_event(self, code: str | None) -> bytes:
        error = {"type": code or "api_error", "message": "failed"}
        return frame({"type": "error", "error": error}, "error")

    def wrong_type(self) -> bytes:
        event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta",
                 "text": 7}}  # fmt: skip
        return frame(event, "content_block_delta")


def events(said: Said) -> Iterator[dict[str, Any]]:
    """The events of a stream, in the order of Anthropic's documentation."""
    yield {"type": "message_start", "message": {**_message(said), "usage": _usage(said, 1)}}
    for number, (start, deltas) in enumerate(_blocks(said)):
        yield {"type": "content_block_start", "index": number, "content_block": start}
        if number == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": number, "delta": delta}
        yield {"type": "content_block_stop", "index": number}
    delta = {"stop_reason": _reason(said), "stop_sequence": said.stopped_by}
    counts = {"output_tokens": said.completion_tokens}
    yield {"type": "message_delta", "delta": delta, "usage": counts}
    yield {"type": "message_stop"}


def _blocks(said: Said) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The blocks of the answer: how each begins, and what is added to it."""
    if said.row.reasoning:
        yield (
            _thought("", ""),
            [
                {"type": "thinking_delta", "thinking": said.row.reasoning},
                {"type": "signature_delta", "signature": "c2lnbmVk"},
            ],
        )
    if said.words:
        block = {"type": "text", "text": "", "citations": None}
        yield block, [{"type": "text_delta", "text": word} for word in said.words]
    for number, (_, arguments) in enumerate(said.calls):
        text = arguments_text(arguments) if arguments else ""
        half = len(text) // 2
        pieces = [piece for piece in (text[:half], text[half:]) if piece]
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield _call(said, number, whole=False), deltas


def _call(said: Said, number: int, *, whole: bool) -> dict[str, Any]:
    name, arguments = said.calls[number]
    return {
        "type": "tool_use",
        "id": said.call_id(number),
        "name": name,
        "input": arguments if whole else {},
    }


def _thought(text: str, signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": signature}


def _message(said: Said) -> dict[str, Any]:
    return {
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(said: Said, written: int) -> dict[str, Any]:
    """Tokens from the cache are counted apart from those that were read anew."""
    cached = min(said.row.cached, said.prompt_tokens)
    return {
        "input_tokens": said.prompt_tokens - cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": written,
    }


def _reason(said: Said) -> str:
    return said.row.reason or _REASONS.get(said.reason, said.reason)


def _results(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content")
    rows = content if isinstance(content, list) else []
    return [row for row in rows if row.get("type") == "tool_result"]


def _last(message: Mapping[str, Any]) -> str:
    results = _results(message)
    return "\n".join(map(text_in, results)) if results else text_in(message.get("content"))
