"""A small server that speaks Podium's shapes on a real socket, and what a command left."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

KEY = "pk_default_abcd1234_" + "k" * 40
UNAUTHORISED = {
    "error": {"message": "Bad key.", "type": "x", "param": None, "code": "invalid_api_key"}
}


@dataclass
class Request:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer: JSON, bytes, or server-sent events (dicts, or text as it is)."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any] | str] | None = None


Handler = Callable[[Request], Reply]


class Podium:
    """Answers by `(method, path)`; requests without the key get 401 as the real one gives."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Handler] = {}
        self.requests: list[Request] = []
        self.url = ""
        self.open_paths: set[str] = set()

    def on(self, method: str, path: str, reply: Reply | Handler) -> None:
        self.routes[method, path] = reply if callable(reply) else lambda _: reply

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        known = request.path in self.open_paths
        if not known and request.headers.get("authorization") != f"Bearer {KEY}":
            return Reply(UNAUTHORISED, 401)
        handler = self.routes.get((request.method, request.path))
        if handler is None:
            error = {"message": "Not there.", "type": "x", "param": None, "code": "not_found"}
            return Reply({"error": error}, 404)
        return handler(request)


def handler_of(podium: Podium) -> type[BaseHTTPRequestHandler]:
    class _Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            self._send(podium.answer(request))

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def _send(self, reply: Reply) -> None:
            streams = reply.events is not None
            payload = b"" if streams else _payload(reply.body)
            self.send_response(reply.status)
            kind = "text/event-stream" if streams else "application/json"
            self.send_header("content-type", kind)
            if not streams:
                self.send_header("content-length", str(len(payload)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)
            for event in reply.events or []:
                data = event if isinstance(event, str) else json.dumps(event)
                self.wfile.write(f"data: {data}\n\n".encode())
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            return None

    return _Handler


def _payload(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@dataclass
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """The lines of JSONL on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Outcome]
