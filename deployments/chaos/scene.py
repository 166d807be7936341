"""The running instance that faults are played on, and what tells that it is well again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from deployments.chaos.load import COLLECTION, TENANT

_PATIENCE_S = 60.0
# What a call outside gets while what leaves can't be written down.
NOT_WRITTEN = "503 ledger_unavailable"
_IN_FLIGHT = re.compile(r"^podium_requests_in_flight\{.*\} ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Scene:
    """`pid` is that of `podium up`, `key` an admin key; `stub` says that a stub answers outside.

    `clock` is the file that its clock can be moved by, None where it goes by the machine's.
    """

    pid: int
    base_url: str
    home: Path
    stub: bool
    key: str = field(repr=False)
    clock: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for sockets of our own."""
        host, _, port = self.base_url.removeprefix("http://").rpartition(":")
        return host.strip("[]"), int(port)

    def is_well(self) -> bool:
        """Whether every model is ready, a local one answers, an act is done, and one goes out."""
        return (
            self.ask("GET", "/readyz") == 200
            and self.ask("POST", _CHAT, _BODY) == 200
            and self.act() == 201
            and (not self.stub or self.ask("POST", _CHAT, {**_BODY, "model": "chatgpt"}) == 200)
        )

    def act(self) -> int:
        """The status of making a key; 0 when nothing answers."""
        return self.ask("POST", "/v1/admin/keys", {"tenant": TENANT, "scopes": ["infer"]})

    def store(self) -> int:
        """The status of storing a document that has never been there; 0 when nothing answers."""
        path = f"/v1/collections/{COLLECTION}/documents/full-{uuid.uuid4().hex}.txt"
        try:
            with self._client() as client:
                kind = {"content-type": "text/plain"}
                return client.put(path, content=b"Room?", headers=kind).status_code
        except httpx2.HTTPError:
            return 0

    def refused_outside(self) -> str:
        """Status and code of a call of a model outside, as `503 ledger_unavailable`."""
        try:
            answer = self._send("POST", _CHAT, {**_BODY, "model": "chatgpt"})
        except httpx2.HTTPError:
            return "0"
        try:
            error = answer.json().get("error", {})
        except ValueError:  # A page of the proxy.
            error = {}
        return f"{answer.status_code} {error.get('code') or ''}".strip()

    def sends(self) -> int:
        """How many requests the stub outside has received."""
        return (self.home / "run" / "stub.jsonl").read_bytes().count(b"\n")

    def created(self) -> int:
        """What time it is for the gateway, in seconds since the epoch."""
        return int(self._send("POST", _CHAT, _BODY).json()["created"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> int:
        """The status; 0 when nothing answers."""
        try:
            return self._send(method, path, body).status_code
        except httpx2.HTTPError:
            return 0

    def new_key(self, **limits: Any) -> tuple[str, str]:
        """The id and the text of a fresh key."""
        wanted = {"tenant": TENANT, "scopes": ["infer"], **limits}
        made = self._send("POST", "/v1/admin/keys", wanted).json()
        return str(made["id"]), str(made["key"])

    def documents(self) -> frozenset[str]:
        """The ids of what the load has stored."""
        answer = self._send("GET", f"/v1/collections/{COLLECTION}/documents", None)
        return frozenset(one["id"] for one in answer.json().get("documents", ()))

    def in_flight(self) -> int:
        """Requests that hold a place in the gateway, by its own count."""
        text = self._send("GET", "/metrics", None).text
        return sum(int(float(count)) for count in _IN_FLIGHT.findall(text))

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx2.Response:
        with self._client() as client:
            return client.request(method, path, json=body)

    def _client(self) -> httpx2.Client:
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx2.Client(
            base_url=self.base_url, headers=headers, timeout=_PATIENCE_S, trust_env=False
        )


_CHAT = "/v1/chat/completions"
_HELLO = [{"role": "user", "content": "Hello"}]
_BODY: Mapping[str, Any] = {"model": "mistral", "max_tokens": 4, "messages": _HELLO}
