"""A gateway's ASGI application asked in process, by hand: no socket and no client between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    body: bytes


async def ask(app: Any, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """One request; whatever the application raises comes through."""
    sent: list[dict[str, Any]] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(_scope(method, path, headers), receive, send)
    done.set()
    start = next(one for one in sent if one["type"] == "http.response.start")
    parts = (one.get("body", b"") for one in sent if one["type"] == "http.response.body")
    return Answer(start["status"], b"".join(parts))


def _scope(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *raw],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8400),
    }
