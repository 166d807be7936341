"""The line of records keeps its order, whatever is taken from it and put back."""

from __future__ import annotations

from router.ledger.line import Buffered, Line, Waiter
from router.ledger.record import Record


def test_what_is_put_back_stands_before_what_came_later() -> None:
    line = Line(gather=0.0, retry=0.0, most=2)
    ones = [Buffered(Record("run", "", 1.0, {"n": n})) for n in range(4)]
    for one in ones:
        line.put(one)
    batch = line.take()
    assert list(batch) == ones[:2]
    assert line.refuse(batch) == ([], 0)
    assert [*line.take(), *line.take()] == ones


def test_only_those_that_wait_are_refused() -> None:
    line = Line(gather=0.0, retry=0.0, most=2)
    kept, waiting, later = Buffered(Record("run", "", 1.0)), *(
        Waiter(Record("admin", "", 1.0)) for _ in range(2)
    )  # fmt: skip
    for one in (kept, waiting, later):
        line.put(one)
    refused, lost = line.refuse(line.take())
    assert (list(refused), lost) == ([waiting, later], 0)
    assert list(line.take()) == [kept]
