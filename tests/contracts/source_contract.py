"""What every Source over the example CRM must do; run each of CHECKS over each implementation."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable

import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidRequest
from retrieval.errors import SourceNotFound
from retrieval.ports import QueryRequest, QueryResult, Scalar, Source

Check = Callable[[Source], Awaitable[None]]

_SECONDS = 60.0


async def _query(source: Source, name: str = "customer_snapshot", **params: Scalar) -> QueryResult:
    return await source.query(QueryRequest("crm", name, params), Deadline.after(_SECONDS))


async def rows_come_by_column(source: Source) -> None:
    result = await _query(source, id="C-1042")
    assert {row["order_number"] for row in result.rows} == {"4217", "90311"}
    assert (result.source, result.name, result.truncated) == ("crm", "customer_snapshot", False)


async def unknown_customer_is_no_error(source: Source) -> None:
    assert (await _query(source, id="C-9999")).rows == ()


async def values_are_never_sql(source: Source) -> None:
    with pytest.raises(InvalidRequest):
        await _query(source, id="C-1042' OR 1=1 --")


async def wrong_parameters_are_named(source: Source) -> None:
    wrong: tuple[tuple[dict[str, Scalar], str], ...] = (
        ({}, "params.id"),
        ({"id": 7}, "params.id"),
        ({"id": None}, "params.id"),
        ({"id": "nobody"}, "params.id"),
        ({"id": "C-1042", "extra": 1}, "params.extra"),
    )
    for params, field in wrong:
        with pytest.raises(InvalidRequest) as caught:
            await _query(source, **params)
        assert caught.value.param == field


async def unknown_names_are_named(source: Source) -> None:
    with pytest.raises(SourceNotFound) as query:
        await _query(source, "no_such")
    assert query.value.param == "name"
    with pytest.raises(SourceNotFound) as other:
        await source.query(QueryRequest("no-such", "a"), Deadline.after(_SECONDS))
    assert other.value.param == "source"


async def passed_deadline_is_said(source: Source) -> None:
    request = QueryRequest("crm", "customer_snapshot", {"id": "C-1042"})
    with pytest.raises(DeadlineExceeded):
        await source.query(request, Deadline.after(0))


async def results_cross_processes(source: Source) -> None:
    result = await _query(source, id="C-1042")
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own


CHECKS: tuple[Check, ...] = (
    rows_come_by_column,
    unknown_customer_is_no_error,
    values_are_never_sql,
    wrong_parameters_are_named,
    unknown_names_are_named,
    passed_deadline_is_said,
    results_cross_processes,
)
