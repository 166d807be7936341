"""The run store over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from router.label import label_from_json
from router.store.records import RunRecord, StepRecord
from router.store.sql_acts import settle_run
from router.store.tables import decisions, run_contents, runs, steps

_STEP_FIELDS = tuple(StepRecord.__dataclass_fields__)


class SqlRunStore:
    """Runs in `runs`, their steps and decisions beside, and cleared content in `run_contents`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, run: RunRecord) -> None:
        """Write run, steps and content; all of it or none of it is there after a crash."""
        owner = {"tenant": run.tenant, "run_id": run.run_id}
        with self._engine.begin() as connection:
            connection.execute(
                delete(runs).where(runs.c.tenant == run.tenant, runs.c.run_id == run.run_id)
            )
            connection.execute(insert(runs), _run_row(run))
            if run.steps:
                rows = [
                    {**owner, "position": position, **asdict(step)}
                    for position, step in enumerate(run.steps)
                ]
                connection.execute(insert(steps), rows)
            if run.decisions:
                connection.execute(insert(decisions), _decision_rows(owner, run))
            if run.content is not None:
                connection.execute(insert(run_contents), {**owner, "content": dict(run.content)})
            # An act may have ended before its run did.
            settle_run(connection, run.tenant, run.run_id)

    def find(self, tenant: str, run_id: str) -> RunRecord | None:
        """The run with its steps, and its content where it was cleared to be kept."""
        query = select(runs).where(runs.c.tenant == tenant, runs.c.run_id == run_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            step_rows = _steps_of(connection, tenant, [run_id])
            decided = _decisions_of(connection, tenant, run_id)
            content = connection.scalar(
                select(run_contents.c.content).where(
                    run_contents.c.tenant == tenant, run_contents.c.run_id == run_id
                )
            )
        return _run(row, step_rows, content, decided)

    def recent(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """Two queries whatever the limit: the runs, then the steps of all of them."""
        query = (
            select(runs)
            .where(runs.c.tenant == tenant)
            .order_by(runs.c.started.desc(), runs.c.run_id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            step_rows = _steps_of(connection, tenant, [row.run_id for row in rows])
        return [_run(row, step_rows, None) for row in rows]


def _steps_of(connection: Connection, tenant: str, run_ids: Sequence[str]) -> Sequence[Row[Any]]:
    query = (
        select(steps)
        .where(steps.c.tenant == tenant, steps.c.run_id.in_(run_ids))
        .order_by(steps.c.run_id, steps.c.position)
    )
    return connection.execute(query).all()


def _decisions_of(
    connection: Connection, tenant: str, run_id: str
) -> tuple[Mapping[str, Any], ...]:
    query = (
        select(decisions.c.decision)
        .where(decisions.c.tenant == tenant, decisions.c.run_id == run_id)
        .order_by(decisions.c.position)
    )
    return tuple(connection.scalars(query).all())


def _decision_rows(owner: Mapping[str, str], run: RunRecord) -> list[dict[str, Any]]:
    return [
        {
            **owner,
            "position": position,
            "decision_id": str(one.get("decision_id", "")),
            "decision": dict(one),
        }
        for position, one in enumerate(run.decisions)
    ]


def _run_row(run: RunRecord) -> dict[str, Any]:
    return {
        "tenant": run.tenant,
        "run_id": run.run_id,
        "pipeline": run.pipeline,
        "version": run.version,
        "status": run.status,
        "request_id": run.request_id,
        "key_id": run.key_id,
        "started": run.started,
        "duration_ms": run.duration_ms,
        "label": run.label.to_json(),
        "cost_usd": run.cost_usd,
        "error_code": run.error_code,
        "sources": [list(source) for source in run.sources],
    }


def _run(
    row: Row[Any],
    step_rows: Iterable[Row[Any]],
    content: Any,
    decided: tuple[Mapping[str, Any], ...] = (),
) -> RunRecord:
    mine = (step for step in step_rows if step.run_id == row.run_id)
    return RunRecord(
        tenant=row.tenant,
        run_id=row.run_id,
        pipeline=row.pipeline,
        version=row.version,
        status=row.status,
        request_id=row.request_id,
        key_id=row.key_id,
        started=row.started,
        duration_ms=row.duration_ms,
        label=label_from_json(row.label),
        cost_usd=row.cost_usd,
        error_code=row.error_code,
        sources=tuple((source[0], source[1], source[2]) for source in row.sources),
        steps=tuple(
            StepRecord(**{name: getattr(step, name) for name in _STEP_FIELDS}) for step in mine
        ),
        content=content,
        decisions=decided,
    )
