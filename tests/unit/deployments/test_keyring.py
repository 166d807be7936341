"""Keys are trusted only while their records are fresh."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.requests import Request

from deployments.keyring import STALE_S, Keyring
from models.errors import AuthenticationFailed, ModelUnavailable, PermissionDenied, Unavailable
from router.keys import Key, KeyRecord, Scope, key_mac
from router.label import Level

PEPPER = bytes(32)
KEY = Key("acme", "abcd1234", "s" * 40)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def record(**more: Any) -> KeyRecord:
    facts = {"scopes": frozenset({Scope.INFER}), "floor": Level.INTERNAL, "created": 0.0} | more
    return KeyRecord(KEY.tenant, KEY.id, key_mac(PEPPER, KEY), **facts)


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY} "},
        {"x_api_key": str(KEY)},
    ],
)
def test_a_key_comes_in_either_header(headers: dict[str, str]) -> None:
    ring = Keyring(PEPPER)
    ring.tell([record()])
    assert ring.principal(request(**headers), Scope.INFER).tenant == "acme"
    with pytest.raises(PermissionDenied):
        ring.principal(request(**headers), Scope.WRITE)
    with pytest.raises(AuthenticationFailed):
        ring.principal(request(authorization=f"Basic {KEY}"), Scope.INFER)


def test_records_grow_stale_by_a_clock_nobody_sets() -> None:
    clock, today = Clock(), Clock()
    ring = Keyring(PEPPER, today=today, clock=clock)
    with pytest.raises(Unavailable):
        ring.principal(request(x_api_key=str(KEY)), Scope.INFER)
    ring.tell([record()])
    today.now += 1000
    clock.now += STALE_S
    assert ring.principal(request(x_api_key=str(KEY)), Scope.INFER)
    clock.now += 0.1
    with pytest.raises(Unavailable):
        ring.principal(request(x_api_key=str(KEY)), Scope.INFER)


def test_a_key_expires_by_the_time_of_day() -> None:
    today = Clock(999.0)
    ring = Keyring(PEPPER, today=today)
    ring.tell([record(expires=1000.0)])
    assert ring.principal(request(x_api_key=str(KEY)), Scope.INFER)
    today.now = 1000.0
    with pytest.raises(AuthenticationFailed):
        ring.principal(request(x_api_key=str(KEY)), Scope.INFER)


@dataclass
class SlowState:
    """Answers late, then not at all; `answered` counts."""

    clock: Clock
    answered: int = 0
    name: str = "state"
    failed: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, method: str, *args: object, deadline: Any) -> Any:
        if self.answered:
            self.failed.set()
            raise ModelUnavailable("Gone.")
        self.answered += 1
        self.clock.now += 4.0
        return [record()]

    def stream(self, method: str, *args: object, deadline: Any) -> Any:
        raise NotImplementedError


async def test_records_are_as_old_as_the_question() -> None:
    clock = Clock()
    state = SlowState(clock)
    ring = Keyring(PEPPER, clock=clock)
    task = asyncio.create_task(ring.watch(state, period=0.0))
    await state.failed.wait()
    assert ring.principal(request(x_api_key=str(KEY)), Scope.INFER)
    clock.now += 1.1
    with pytest.raises(Unavailable):
        ring.principal(request(x_api_key=str(KEY)), Scope.INFER)
    assert not task.done(), "a failure ends nothing"
    task.cancel()
    await asyncio.wait({task})
