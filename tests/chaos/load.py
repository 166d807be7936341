"""Clients that keep asking, and write down before and after each request what became of it."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2

Asked = Literal["outside", "local", "act"]
PATIENCE_S = 120.0
TENANT = "chaos"
_WEIGHTS: Mapping[Asked, int] = {"outside": 6, "local": 1, "act": 3}
_TYPED = frozenset({"message", "type", "param", "code"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: `id` is its request id, `key` who asked; `status` 0 is no answer at all."""

    id: str
    asked: Asked
    key: str
    status: int
    code: str | None
    tokens: int
    made: str | None
    seconds: float
    fault: str | None


class Load:
    """Worker threads over one instance; outcomes go to `record`, a line each, at once."""

    def __init__(self, base_url: str, admin: str, record: Path, keys: Mapping[str, str]) -> None:
        self._base_url = base_url
        self._admin = admin
        self._keys = keys
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._file = record.open("a")
        self._threads: Sequence[threading.Thread] = ()

    def start(self, workers: int, seed: int) -> None:
        """Let so many clients ask, each with a sequence of its own."""
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(f"{seed} {number}"),))
            for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait for the last answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S + 30)
            assert not thread.is_alive(), "a client hangs"
        self._file.close()

    def _work(self, draw: random.Random) -> None:
        kinds, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        with httpx2.Client(base_url=self._base_url, timeout=PATIENCE_S, trust_env=False) as client:
            while not self._stop.is_set():
                asked = draw.choices(kinds, weights)[0]
                self._write(self._ask(client, asked, draw.choice(sorted(self._keys))))
                time.sleep(draw.uniform(0.0, 0.1))

    def _ask(self, client: httpx2.Client, asked: Asked, key: str) -> Outcome:
        began, name = time.monotonic(), f"chaos-{uuid.uuid4().hex}"
        secret = self._admin if asked == "act" else self._keys[key]
        headers = {"authorization": f"Bearer {secret}", "x-request-id": name}
        path, body = _request(asked, name)
        try:
            answer = client.post(path, json=body, headers=headers)
        except httpx2.HTTPError as error:
            seconds = time.monotonic() - began
            return Outcome(name, asked, key, 0, None, 0, None, seconds, type(error).__name__)
        return _outcome(name, asked, key, answer, time.monotonic() - began)

    def _write(self, outcome: Outcome) -> None:
        with self._lock:
            self._file.write(json.dumps(asdict(outcome)) + "\n")
            self._file.flush()


def outcomes(record: Path) -> list[Outcome]:
    """What was written down so far."""
    if not record.exists():
        return []
    return [Outcome(**json.loads(line)) for line in record.read_text().splitlines()]


def _request(asked: Asked, name: str) -> tuple[str, dict[str, Any]]:
    if asked == "act":
        return "/v1/admin/keys", {"tenant": TENANT, "name": name, "scopes": ["infer"]}
    model = "chatgpt" if asked == "outside" else "mistral"
    messages = [{"role": "user", "content": f"Say something about {name}, please."}]
    return "/v1/chat/completions", {"model": model, "messages": messages, "max_tokens": 8}


def _outcome(name: str, asked: Asked, key: str, answer: httpx2.Response, seconds: float) -> Outcome:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.status_code in (200, 201):
        tokens = body.get("usage", {}).get("total_tokens", 0)
        return Outcome(
            name, asked, key, answer.status_code, None, tokens, body.get("id"), seconds, None
        )
    error = body.get("error") if isinstance(body, dict) else None
    typed = isinstance(error, dict) and set(error) == _TYPED and error["code"] != "internal_error"
    fault = None if typed and "Traceback" not in answer.text else answer.text[:500]
    code = error["code"] if isinstance(error, dict) and "code" in error else None
    return Outcome(name, asked, key, answer.status_code, code, 0, None, seconds, fault)
