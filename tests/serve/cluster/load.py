"""Clients that ask one request after another, and what became of each."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx2

from tests.serve.cluster.site import Site

PATIENCE_S = 120.0
_LOADS = itertools.count()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: when it was sent, how long it took, and its status; 0 is a cut connection.

    `id` stands in its text, too.
    """

    id: str
    model: str
    sent: float
    seconds: float
    status: int
    code: str

    @property
    def honest(self) -> bool:
        """Whether it was answered, or refused with an error that a program can tell."""
        return self.status == 200 or (self.status in (429, 503, 504) and bool(self.code))


class Load:
    """A thread for each body, through the proxy of `node`; leave the `with` to stop them."""

    def __init__(self, site: Site, bodies: Sequence[Mapping[str, Any]], node: str = "head") -> None:
        self._node = node
        self.outcomes: list[Outcome] = []
        self._site = site
        self._ended = threading.Event()
        self._number, self._numbers = next(_LOADS), itertools.count()
        self._threads = [threading.Thread(target=self._ask, args=(body,)) for body in bodies]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def answered(self, since: float = 0.0, model: str = "") -> int:
        """How many were answered of those sent since then."""
        return sum(
            one.status == 200 and one.sent >= since and model in ("", one.model)
            for one in tuple(self.outcomes)
        )

    def wait(self, holds: Callable[[], bool]) -> float:
        """Seconds until it held."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < PATIENCE_S, self.tally()
            time.sleep(0.1)
        return time.monotonic() - began

    def tally(self) -> Counter[tuple[str, int, str]]:
        """How often each outcome came about."""
        return Counter((one.model, one.status, one.code) for one in tuple(self.outcomes))

    def _ask(self, body: Mapping[str, Any]) -> None:
        with self._site.client(self._node) as client:
            while not self._ended.is_set():
                name = f"load-{self._number}-{next(self._numbers)}"
                sent = time.monotonic()
                status, code = _sent(client, body, name)
                took = time.monotonic() - sent
                self.outcomes.append(Outcome(name, str(body["model"]), sent, took, status, code))
                time.sleep(0.02 if status == 200 else 0.2)


def _sent(client: httpx2.Client, body: Mapping[str, Any], name: str) -> tuple[int, str]:
    (said,) = body["messages"]
    named = {**body, "messages": [{**said, "content": f"{said['content']} {name}"}]}
    try:
        answer = client.post("/v1/chat/completions", json=named, headers={"x-request-id": name})
    except httpx2.TransportError as error:
        return 0, type(error).__name__
    if answer.status_code == 200:
        return 200, ""
    try:
        return answer.status_code, str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return answer.status_code, ""
