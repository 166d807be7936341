"""Gemini's generateContent and streamGenerateContent, as the stub speaks them; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deployments.stub.asked import Asked, Choice, Tool
from deployments.stub.dialect import frame, text_in
from deployments.stub.pictures import picture
from deployments.stub.said import Said

ID = "stub"
_REASONS = {"length": "MAX_TOKENS", "refusal": "SAFETY"}
_MODES: Mapping[str, Choice] = {"AUTO": "auto", "ANY": "required", "NONE": "none"}
_STATUSES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
_MOST = 8
STREAMED = "streamGenerateContent"


class GeminiChat:
    """POST /v1beta/models/{model}:generateContent and :streamGenerateContent."""

    def asked(self, body: Mapping[str, Any], address: str) -> Asked:
        model, _, method = address.partition(":")
        contents = body["contents"]
        drawn = body.get("generationConfig") or {}
        config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
        named = (config.get("allowedFunctionNames") or [None])[0]
        last = contents[-1] if contents else {}
        results = [part for part in last.get("parts") or () if "functionResponse" in part]
        texts = [text_in(body.get("systemInstruction")), *map(text_in, contents)]
        return Asked(
            model=model,
            prompt="\n".join(texts),
            last="\n".join(map(text_in, results)) if results else text_in(last),
            answers_tool=bool(results),
            most=drawn.get("maxOutputTokens"),
            stops=tuple(drawn.get("stopSequences") or ()),
            schema=_schema(drawn),
            tools=tuple(_tools(body)),
            choice="named" if named else _MODES[config.get("mode", "AUTO")],
            named=named,
            stream=method == STREAMED,
            logprobs=bool(drawn.get("responseLogprobs")),
            picture="IMAGE" in (drawn.get("responseModalities") or ()),
            many=min(int(drawn.get("candidateCount") or 1), _MOST),
        )

    def whole(self, said: Said) -> dict[str, Any]:
        if said.asked.picture and not said.row.refusal:
            return _pictures(said)
        parts = [part for piece in _pieces(said) for part in piece]
        return {**_frame(said, _joined(parts), _reason(said)), **_usage(said)}

    def events(self, said: Said) -> Iterator[bytes]:
        pieces = list(_pieces(said))
        for number, parts in enumerate(pieces):
            last = number == len(pieces) - 1
            data = _frame(said, parts, _reason(said) if last else None)
            yield frame({**data, **(_usage(said) if last else {})}, end="\r\n\r\n")

    def end(self) -> bytes:
        return b""

    def failure(self, status: int, code: str | None) -> dict[str, Any]:
        word = code or _STATUSES.get(status, "UNKNOWN")
        message = f"The stub was told to answer {status}."
        return {"error": {"code": status, "message": message, "status": word}}

    def failure_event(self, code: str | None) -> bytes:
        error = {"code": 500, "message": "failed", "status": code or "INTERNAL"}
        return frame({"error": error}, end="\r\n\r\n")

    def wrong_type(self) -> bytes:
        return frame({"candidates": [{"content": {"parts": [{"text": 7}]}}]}, end="\r\n\r\n")


def _pieces(said: Said) -> Iterator[list[dict[str, Any]]]:
    """The parts that go into each event."""
    if said.row.reasoning:
        yield [{"text": said.row.reasoning, "thought": True}]
    if said.asked.picture:
        yield _drawn(said)
        return
    for word in said.words:
        yield [{"text": word}]
    for number, (name, arguments) in enumerate(said.calls):
        call = {"id": said.call_id(number), "name": name, "args": arguments}
        signed = {} if number else {"thoughtSignature": "c2lnbmVk"}
        yield [{"functionCall": call, **signed}]


def _pictures(said: Said) -> dict[str, Any]:
    """One candidate for each picture."""
    frames = [
        _frame(said, _drawn(said, number), _reason(said)) for number in range(said.asked.many)
    ]
    candidates = [{**one["candidates"][0], "index": n} for n, one in enumerate(frames)]
    return {**frames[0], "candidates": candidates, **_usage(said)}


def _drawn(said: Said, number: int = 0) -> list[dict[str, Any]]:
    prompt = f"{said.asked.prompt} {number}" if number else said.asked.prompt
    return [{"inlineData": {"mimeType": "image/png", "data": picture(prompt)}}]


def _joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    others = [part for part in parts if "text" not in part or part.get("thought")]
    return [*others, {"text": "".join(words)}] if words else others


def _frame(said: Said, parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    if said.asked.logprobs:
        words = [part["text"] for part in parts if "text" in part]
        rows = [{"token": word, "tokenId": 0, "logProbability": -0.25} for word in words]
        candidate["logprobsResult"] = {"chosenCandidates": rows}
    return {"candidates": [candidate], "modelVersion": said.model, "responseId": ID}


def _usage(said: Said) -> dict[str, Any]:
    thoughts = len(said.row.reasoning.split())
    counts = {
        "promptTokenCount": said.prompt_tokens,
        "candidatesTokenCount": said.completion_tokens,
        "totalTokenCount": said.prompt_tokens + said.completion_tokens + thoughts,
        "cachedContentTokenCount": said.row.cached,
        "thoughtsTokenCount": thoughts,
    }
    return {"usageMetadata": counts}


def _reason(said: Said) -> str:
    return said.row.reason or _REASONS.get(said.reason, "STOP")


def _schema(drawn: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if drawn.get("responseMimeType") != "application/json":
        return None
    return drawn.get("responseJsonSchema") or drawn.get("responseSchema") or {"type": "object"}


def _tools(body: Mapping[str, Any]) -> Iterator[Tool]:
    for group in body.get("tools") or ():
        for row in group.get("functionDeclarations") or ():
            yield Tool(row["name"], row.get("parametersJsonSchema") or row.get("parameters") or {})
