"""Clients that keep asking, and write down before and after each request what became of it."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import httpx2

from models.errors import SetupError

Asked = Literal["outside", "local", "act", "document"]
PATIENCE_S = 120.0
TENANT = "chaos"
COLLECTION = "chaos"
INSIDE: Mapping[Asked, int] = {"local": 2, "act": 3, "document": 1}
WITH_STUB: Mapping[Asked, int] = {"outside": 6, "local": 1, "act": 3, "document": 1}
_TYPED = frozenset({"message", "type", "param", "code"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: `id` is its request id, `key` who asked; `status` 0 is no answer at all.

    `at` is when it was sent, in seconds since the epoch. `plain` says that what came was no
    answer of Podium's own: the connection closed, or the proxy in front spoke.
    """

    id: str
    asked: Asked
    key: str
    status: int
    code: str | None
    tokens: int
    made: str | None
    seconds: float
    fault: str | None
    at: float = 0.0
    plain: bool = False


class Load:
    """Worker threads over one instance; outcomes go to `record`, a line each, at once."""

    def __init__(
        self,
        base_url: str,
        admin: str,
        record: Path,
        keys: Mapping[str, str],
        weights: Mapping[Asked, int] = WITH_STUB,
    ) -> None:
        self._base_url = base_url
        self._weights = weights
        self._admin = admin
        self._keys = keys
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._file = record.open("a")
        self._threads: Sequence[threading.Thread] = ()

    def start(self, workers: int, seed: int) -> None:
        """Let so many clients ask, each with a sequence of its own."""
        self._threads = [
            threading.Thread(target=self._work, args=(_drawing(f"{seed} {number}"),))
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def use_up(self, key: str, most: int) -> None:
        """Ask outside, or of a model here, with that key until its budget refuses; `most` times."""
        asked: Asked = "outside" if "outside" in self._weights else "local"
        with self._client() as client:
            for _ in range(most):
                found = self._ask(client, asked, key)
                self._write(found)
                if found.code == "budget_exceeded":
                    return

    def stop(self) -> None:
        """Wait for the last answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S + 30)
            if thread.is_alive():
                raise SetupError("A client hangs: it has no answer and no error.")
        self._file.close()

    def _work(self, draw: random.Random) -> None:
        kinds, weights = list(self._weights), list(self._weights.values())
        with self._client() as client:
            while not self._stop.is_set():
                asked = draw.choices(kinds, weights)[0]
                self._write(self._ask(client, asked, draw.choice(sorted(self._keys))))
                time.sleep(draw.uniform(0.0, 0.1))

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self._base_url, timeout=PATIENCE_S, trust_env=False)

    def _ask(self, client: httpx2.Client, asked: Asked, key: str) -> Outcome:
        began, at, name = time.monotonic(), time.time(), f"chaos-{uuid.uuid4().hex}"
        secret = self._keys[key] if asked in ("outside", "local") else self._admin
        headers = {"authorization": f"Bearer {secret}", "x-request-id": name}
        none = Outcome(name, asked, key, 0, None, 0, None, 0.0, None, at)
        try:
            answer = _send(client, asked, name, headers)
        except httpx2.HTTPError as error:
            # Whoever waited in vain was not answered in time; a connection that closed was.
            plain = not isinstance(error, httpx2.TimeoutException)
            return replace(none, seconds=time.monotonic() - began, plain=plain,
                           fault=type(error).__name__)  # fmt: skip
        return _outcome(none, answer, time.monotonic() - began)

    def _write(self, outcome: Outcome) -> None:
        with self._lock:
            self._file.write(json.dumps(asdict(outcome)) + "\n")
            self._file.flush()


def _drawing(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be drawn again from the same seed


def outcomes(record: Path) -> list[Outcome]:
    """What was written down so far."""
    if not record.exists():
        return []
    return [Outcome(**json.loads(line)) for line in record.read_text().splitlines()]


def _send(
    client: httpx2.Client, asked: Asked, name: str, headers: Mapping[str, str]
) -> httpx2.Response:
    if asked == "document":
        path = f"/v1/collections/{COLLECTION}/documents/{name}.txt"
        kind = {"content-type": "text/plain"}
        return client.put(path, content=f"About {name}.".encode(), headers={**headers, **kind})
    path, body = _request(asked, name)
    return client.post(path, json=body, headers=dict(headers))


def _request(asked: Asked, name: str) -> tuple[str, dict[str, Any]]:
    if asked == "act":
        return "/v1/admin/keys", {"tenant": TENANT, "name": name, "scopes": ["infer"]}
    model = "chatgpt" if asked == "outside" else "mistral"
    messages = [{"role": "user", "content": f"Say something about {name}, please."}]
    return "/v1/chat/completions", {"model": model, "messages": messages, "max_tokens": 8}


def _outcome(none: Outcome, answer: httpx2.Response, seconds: float) -> Outcome:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.status_code in (200, 201):
        tokens = body.get("usage", {}).get("total_tokens", 0)
        return replace(none, status=answer.status_code, tokens=tokens, made=body.get("id"),
                       seconds=seconds)  # fmt: skip
    error = body.get("error") if isinstance(body, dict) else None
    typed = isinstance(error, dict) and set(error) == _TYPED and error["code"] != "internal_error"
    fault = None if typed and "Traceback" not in answer.text else answer.text[:500]
    code = error["code"] if isinstance(error, dict) and "code" in error else None
    plain = answer.headers.get("content-type", "").startswith("text/plain")
    return replace(none, status=answer.status_code, code=code, seconds=seconds, fault=fault,
                   plain=plain)  # fmt: skip
