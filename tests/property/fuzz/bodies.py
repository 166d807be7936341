"""Requests that no client should send, drawn from good ones spoilt in bytes and in structure."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.property.test_detectors import noise

_JSON = {"content-type": "application/json"}
_CHAT: dict[str, Any] = {
    "model": "mistral",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ],
    "temperature": 0.5, "max_tokens": 20, "stop": ["x"], "n": 1, "seed": 7, "stream": False,
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "response_format": {"type": "json_object"}, "metadata": {"a": "b"}, "user": "me",
    "route": {"prefer": "latency", "data_class": "INTERNAL", "max_latency_ms": 5000},
}  # fmt: skip
_GOOD: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/v1/chat/completions", _CHAT),
    ("POST", "/v1/chat/completions", _CHAT | {"model": "auto"}),
    ("POST", "/v1/chat/completions", {"model": "pipeline/support", "messages": [
        {"role": "user", "content": "Where is order 4217?"}]}),
    ("POST", "/v1/embeddings", {"model": "embed", "input": ["a", "b"], "dimensions": 8}),
    ("POST", "/v1/pipelines/support/runs", {"inputs": {"text": "Hello", "customer_id": "C-1042",
                                                       "audio": "UklGRg=="}, "stream": False}),
    ("POST", "/v1/messages", {"model": "mistral", "max_tokens": 9, "messages": [
        {"role": "user", "content": "Hello"}]}),
    ("POST", "/v1/admin/keys", {"tenant": "default", "scopes": ["infer"], "rpm": 5,
                                "budget_usd": ["5/day"], "expires": "30d", "models": ["mistral"]}),
    ("POST", "/v1/collections/kb/search", {"query": "refunds", "k": 3}),
    ("POST", "/v1/approvals/act-1/approve", {}),
    ("GET", "/v1/runs", {}),
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -1e308, 2**63, "", "\x00", "\ud800", "x" * 5_000, [], {}, [[]],
    {"$ref": "#"}, "NaN", 1.5, [None], {"a": {"b": {"c": []}}},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def draw_request(rng: random.Random) -> Drawn:
    """A good request with something wrong: its fields, its bytes, its headers or its path."""
    method, path, good = rng.choice(_GOOD)
    data: Any = copy.deepcopy(good)
    for _ in range(rng.randint(0, 3)):
        data = spoilt(rng, data)
    body = json.dumps(data).encode()
    if rng.random() < 0.3:
        body = scratched(rng, bytearray(body))
    if rng.random() < 0.05:
        depth = rng.randint(1, 3_000)
        body = b'{"a":' * depth + b"1" + b"}" * rng.randint(0, depth)
    return Drawn(method, _path(rng, path), _headers(rng), body)


def spoilt(rng: random.Random, data: Any) -> Any:
    """The same with one place of it changed."""
    if isinstance(data, dict) and data and rng.random() < 0.9:
        name = rng.choice(list(data))
        if rng.random() < 0.15:
            del data[name]
        elif rng.random() < 0.15:
            data[noise(rng)[:20]] = copy.deepcopy(rng.choice(_ODD))
        else:
            data[name] = spoilt(rng, data[name])
        return data
    if isinstance(data, list) and data and rng.random() < 0.8:
        at = rng.randrange(len(data))
        data[at] = spoilt(rng, data[at])
        return data
    return noise(rng) if rng.random() < 0.4 else copy.deepcopy(rng.choice(_ODD))


def scratched(rng: random.Random, text: bytearray) -> bytes:
    changes: tuple[Callable[[int], object], ...] = (
        lambda at: text.__setitem__(at, rng.randrange(256)),
        lambda at: text.__delitem__(slice(at, at + rng.randint(1, 9))),
        lambda at: text.insert(at, rng.randrange(256)),
        lambda at: text.extend(text[at : at + 50]),
    )
    for _ in range(rng.randint(1, 4)):
        if text:
            rng.choice(changes)(rng.randrange(len(text)))
    return bytes(text)


def _path(rng: random.Random, path: str) -> str:
    if rng.random() < 0.95:
        return path
    parts = path.split("/")
    parts[rng.randrange(len(parts))] = rng.choice(("..", "", "%00", "x" * 300, "act-1'--", "ü"))
    return "/" + "/".join(parts).lstrip("/")


def _headers(rng: random.Random) -> dict[str, str]:
    headers = dict(_JSON)
    if rng.random() < 0.05:
        headers["content-type"] = rng.choice(("text/plain", "", "multipart/form-data", "a/b; c=d"))
    if rng.random() < 0.05:
        headers["x-request-id"] = rng.choice(("x" * 500, "a\tb", "é", ""))
    return headers
