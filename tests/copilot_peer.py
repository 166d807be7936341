"""A runtime as GitHub's SDK expects one, which is none: JSON-RPC over stdio, told how to fail.

It runs as a process of its own, imports nothing but the standard library, and writes what it gets,
with its arguments and its environment, as JSON lines to the file that is its first argument. The
SDK parses all it says. What the prompt or the second argument says is what it plays.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from typing import Any

REPLY = ("Copilot ", "answers ", "this.")
MODEL = "gpt-of-copilot"
SHELL = {
    "kind": "shell", "canOfferSessionApproval": False, "commands": [], "possiblePaths": [],
    "fullCommandText": "rm -rf /", "hasWriteFileRedirection": False, "intention": "tidy up",
    "possibleUrls": [],
}  # fmt: skip


class Peer:
    """One connection: `at_start` is what it plays before any prompt came."""

    def __init__(self, record: str, at_start: str) -> None:
        self.record = record
        self.at_start = at_start
        self.session = ""
        self.model = MODEL

    def note(self, **seen: Any) -> None:
        with open(self.record, "a", encoding="utf-8") as file:
            file.write(json.dumps(seen) + "\n")

    def read(self) -> Any:
        header = sys.stdin.buffer.readline()
        if not header:
            return None
        sys.stdin.buffer.readline()
        return json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))

    def write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()

    def event(self, kind: str, **data: Any) -> None:
        event = {
            "type": kind, "data": data, "id": str(uuid.uuid4()), "parentId": None,
            "timestamp": "2026-11-28T10:00:00Z",
        }  # fmt: skip
        params = {"sessionId": self.session, "event": event}
        self.write({"method": "session.event", "params": params})

    def serve(self) -> None:
        self.note(argv=sys.argv[3:], env=dict(os.environ), cwd=os.getcwd(), pid=os.getpid())
        while (message := self.read()) is not None:
            self.note(**message)
            if "method" in message:
                self.answer(message["id"], message["method"], message.get("params", {}))

    def answer(self, name: str, method: str, params: dict[str, Any]) -> None:
        if self.at_start == "mute":
            return
        if self.at_start == "crash":
            print("SECRET-OF-STDERR", file=sys.stderr, flush=True)
            os._exit(3)
        if method == "session.create" and self.at_start == "refuse":
            error = {"code": -32000, "message": f"no: {json.dumps(params)}"}
            return self.write({"id": name, "error": error})
        self.write({"id": name, "result": self.result(method, params)})
        if method == "session.send":
            self.play(params["prompt"])
        if method == "session.permissions.handlePendingPermissionRequest":
            self.say("Denied: ")

    def result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "connect":
            version = 1 if self.at_start == "old" else 3
            return {"ok": True, "protocolVersion": version, "version": "0.0.0"}
        if method == "session.create":
            self.session = params["sessionId"]
            self.model = params["model"]
            return {"sessionId": self.session, "workspacePath": None, "capabilities": {}}
        return {"messageId": "m1"} if method == "session.send" else {"success": True}

    def say(self, before: str = "", *, pieces: bool = True, **usage: Any) -> None:
        text = before + "".join(REPLY)
        for piece in (before, *REPLY) if pieces else ():
            self.event("assistant.message_delta", messageId="a1", deltaContent=piece)
        self.event("assistant.message", messageId="a1", content=text, model=self.model)
        counts = {"inputTokens": 7, "outputTokens": 3, "cacheReadTokens": 2, **usage}
        self.event("assistant.usage", model=self.model, **counts)
        self.event("session.idle")

    def play(self, prompt: str) -> None:
        plays: dict[str, Any] = {
            "go on": self.go_on,
            "permission": lambda: self.event(
                "permission.requested", requestId="p1", permissionRequest=SHELL
            ),
            "unknown kind": lambda: self.event(
                "permission.requested", requestId="p1", permissionRequest={"kind": "SECRET-KIND"}
            ),
            "run a tool": lambda: self.event(
                "tool.execution_start", toolCallId="t1", toolName="bash", arguments={}
            ),
            "our tool": lambda: self.event(
                "external_tool.requested", requestId="r1", sessionId=self.session,
                toolCallId="t1", toolName="read_file", arguments={},
            ),
            "rate limit": lambda: self.fails("rate_limit", prompt),
            "no key": lambda: self.fails("authentication", prompt),
            "too long": lambda: self.fails("context_limit", prompt),
            "status": lambda: self.fails("query", prompt, statusCode=429),
            "fail": lambda: self.fails("query", prompt),
            "hang": lambda: None,
            "cut": self.cut,
            "garbage": self.garbage,
            "whole": lambda: self.say(pieces=False),
            "filtered": lambda: self.say(contentFilterTriggered=True),
            "longer": lambda: self.say(finishReason="length"),
            "think": lambda: (
                self.event("assistant.reasoning_delta", reasoningId="r", deltaContent="hm"),
                self.say(),
            ),
            "aborted": lambda: self.event("session.idle", aborted=True),
            "no end": lambda: os._exit(0),
            "other model": self.other,
            "flood": lambda: self.say("x" * 5000),
            "differs": self.differs,
        }  # fmt: skip
        for words, play in plays.items():
            if words in prompt:
                play()
                return
        self.say()

    def fails(self, kind: str, message: str, **more: Any) -> None:
        self.event("session.error", errorType=kind, message=message, **more)

    def go_on(self) -> None:
        while True:
            self.event("assistant.message_delta", messageId="a1", deltaContent="more ")
            time.sleep(0.02)

    def cut(self) -> None:
        self.event("assistant.message_delta", messageId="a1", deltaContent="half")
        print("SECRET-OF-STDERR", file=sys.stderr, flush=True)
        os._exit(9)

    def garbage(self) -> None:
        sys.stdout.buffer.write(b"SECRET-GARBAGE\n" * 3)
        sys.stdout.buffer.flush()

    def other(self) -> None:
        self.model = "model-of-somebody-else"
        self.say()

    def differs(self) -> None:
        self.event("assistant.message_delta", messageId="a1", deltaContent="one thing")
        self.event("assistant.message", messageId="a1", content="another", model=self.model)


if __name__ == "__main__":
    Peer(sys.argv[1], sys.argv[2]).serve()
