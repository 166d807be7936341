"""The store of acts over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from router.acts.act import OPEN, Act, ActStatus
from router.label import label_from_json
from router.store.tables import act_approvals, acts, runs, steps


class SqlActStore:
    """Acts in `acts`, who agreed in `act_approvals`; a transaction writes before it reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, act: Act) -> None:
        """Store a new act, or nothing when its id is there."""
        with self._engine.begin() as connection:
            connection.execute(insert(acts).on_conflict_do_nothing(), _row(act))

    def find(self, tenant: str, act_id: str) -> Act | None:
        """The act with its arguments, while it is open."""
        query = select(acts).where(acts.c.tenant == tenant, acts.c.id == act_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _act(connection, row)

    def of_tenant(self, tenant: str, limit: int) -> Sequence[Act]:
        """The newest first."""
        query = select(acts).where(acts.c.tenant == tenant)
        query = query.order_by(acts.c.created.desc(), acts.c.id).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            return [_act(connection, row, content=False) for row in rows]

    def of_status(self, status: ActStatus, before: float) -> Sequence[Act]:
        """Every act that stands so since a time before, oldest first."""
        query = select(acts).where(acts.c.status == status, acts.c.changed < before)
        query = query.order_by(acts.c.created)
        with self._engine.connect() as connection:
            return [_act(connection, row) for row in connection.execute(query).all()]

    def agree(self, act: Act, key_id: str, needed: int, at: float) -> None:
        """Count one key's approval; the one that makes it enough approves the act."""
        row = {"tenant": act.tenant, "act_id": act.id, "key_id": key_id}
        said = act_approvals.c
        with self._engine.begin() as connection:
            connection.execute(insert(act_approvals).on_conflict_do_nothing(), row)
            count = connection.scalar(
                select(func.count()).where(said.tenant == act.tenant, said.act_id == act.id)
            )
            if (count or 0) >= needed:
                _moved(connection, act, "waiting", {"status": "approved", "changed": at})

    def move(
        self,
        act: Act,
        before: ActStatus,
        after: ActStatus,
        at: float,
        error_code: str | None = None,
    ) -> bool:
        """Bring an act from one status to another; its run is told when it has ended."""
        change: dict[str, Any] = {"status": after, "error_code": error_code, "changed": at}
        if after not in OPEN:
            change["arguments"] = None
        with self._engine.begin() as connection:
            moved = _moved(connection, act, before, change)
            if moved and after not in OPEN:
                settle_run(connection, act.tenant, act.run_id)
        return moved


def settle_run(connection: Connection, tenant: str, run_id: str) -> None:
    """Let a run that waits end when none of its acts is open any more."""
    query = select(acts.c.step, acts.c.status).where(
        acts.c.tenant == tenant, acts.c.run_id == run_id
    )
    found = {row.step: row.status for row in connection.execute(query)}
    if not found or any(status in OPEN for status in found.values()):
        return
    good = all(status == "done" for status in found.values())
    ended = connection.execute(
        update(runs)
        .where(runs.c.tenant == tenant, runs.c.run_id == run_id, runs.c.status == "waiting")
        .values(status="succeeded" if good else "partial")
    )
    for step, status in found.items() if ended.rowcount else ():
        connection.execute(
            update(steps)
            .where(steps.c.tenant == tenant, steps.c.run_id == run_id, steps.c.name == step)
            .values(status="succeeded" if status == "done" else "failed")
        )


def _moved(connection: Connection, act: Act, before: ActStatus, change: dict[str, Any]) -> bool:
    row = update(acts).where(
        acts.c.tenant == act.tenant, acts.c.id == act.id, acts.c.status == before
    )
    return connection.execute(row.values(**change)).rowcount == 1


def _row(act: Act) -> dict[str, Any]:
    return {
        "tenant": act.tenant,
        "id": act.id,
        "run_id": act.run_id,
        "step": act.step,
        "action": act.action,
        "arguments": None if act.arguments is None else dict(act.arguments),
        "label": act.label.to_json(),
        "digest": act.digest,
        "policy_digest": act.policy_digest,
        "key_id": act.key_id,
        "request_id": act.request_id,
        "needed": act.needed,
        "status": act.status,
        "error_code": act.error_code,
        "created": act.created,
        "expires": act.expires,
        "changed": act.created,
    }


def _act(connection: Connection, row: Row[Any], *, content: bool = True) -> Act:
    said = act_approvals.c
    query = select(said.key_id).where(said.tenant == row.tenant, said.act_id == row.id)
    return Act(
        id=row.id,
        tenant=row.tenant,
        run_id=row.run_id,
        step=row.step,
        action=row.action,
        arguments=row.arguments if content else None,
        label=label_from_json(row.label),
        digest=row.digest,
        needed=row.needed,
        created=row.created,
        expires=row.expires,
        policy_digest=row.policy_digest,
        key_id=row.key_id,
        request_id=row.request_id,
        status=row.status,
        approvals=tuple(connection.scalars(query.order_by(said.key_id)).all()),
        error_code=row.error_code,
    )
