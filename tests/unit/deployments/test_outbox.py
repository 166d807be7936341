"""Rows on their way to State: none lost while it is away, none made up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from deployments.outbox import Outbox
from models.errors import ModelUnavailable
from router.costs import CallCost


@dataclass
class Books:
    name: str = "state"
    failures: int = 0
    taken: list[CallCost] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    async def call(self, method: str, *args: Any, deadline: Any) -> None:
        assert method == "record_costs"
        if self.failures:
            self.failures -= 1
            raise ModelUnavailable("Gone.")
        self.taken += args[0]
        self.batches.append(len(args[0]))

    def stream(self, method: str, *args: Any, deadline: Any) -> Any:
        raise AssertionError("nothing is streamed here")


def cost(number: int) -> CallCost:
    return CallCost(f"cost_{number}", 0.0, "acme", "k1", "m", "s", number)


async def test_rows_arrive_in_order_and_again_after_a_failure() -> None:
    books = Books(failures=1)
    book = Outbox[CallCost](books, "record_costs", 100)
    for number in range(3):
        book.add(cost(number))
    await asyncio.sleep(0)
    book.add(cost(3))
    await book.flush()
    assert books.taken == [cost(number) for number in range(4)]
    book.add(cost(4))
    await book.flush()
    assert books.taken[4:] == [cost(4)]
    assert book.lost == 0


async def test_there_is_an_end_to_what_waits() -> None:
    books = Books()
    book = Outbox[CallCost](books, "record_costs", 100)
    for number in range(102):
        book.add(cost(number % 2))
    assert book.lost == 2


async def test_what_waits_is_sent_at_once_when_the_gateway_stops() -> None:
    """Presence: until then it waits, for an hour if it must."""
    books = Books(failures=1)
    book = Outbox[CallCost](books, "record_costs", 1000, period_s=3600.0)
    for number in range(600):
        book.add(cost(number))
    await asyncio.sleep(1.5)
    assert books.taken == []
    await book.close(20.0)
    assert books.taken == [cost(number) for number in range(600)]
    assert books.batches == [500, 100]


async def test_a_box_does_not_close_for_ever_and_says_what_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = Books(failures=10**6)
    book = Outbox[CallCost](books, "record_costs", 100)
    await book.close(60.0)
    book.add(cost(0))
    await book.close(0.05)
    (told,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert told.__dict__["rows"] == 1
