"""The key store over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row, delete, exists, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from router.key_limits import UNLIMITED, KeyLimits, limits_from_json
from router.keys import KeyRecord, Scope
from router.label import Level
from router.store.tables import keys, tenants


class SqlKeyStore:
    """Keys in the table `keys`, the limits of whole tenants in `tenants`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, record: KeyRecord, *, only_if_empty: bool = False) -> bool:
        """Insert; the emptiness test is part of the same statement, so two starts cannot both."""
        values = _to_row(record)
        row = select(*(literal(value, keys.c[name].type) for name, value in values.items()))
        if only_if_empty:
            row = row.where(~exists(select(keys.c.id)))
        try:
            with self._engine.begin() as connection:
                done = connection.execute(keys.insert().from_select(list(values), row))
        except IntegrityError:
            return False
        return done.rowcount == 1

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Set `revoked` once: the first revocation stands."""
        change = (
            update(keys)
            .where(keys.c.tenant == tenant, keys.c.id == key_id)
            .values(revoked=func.coalesce(keys.c.revoked, at))
        )
        with self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1

    def find(self, tenant: str | None = None, key_id: str | None = None) -> Sequence[KeyRecord]:
        """Select by the parts that are given."""
        query = (
            select(keys, tenants.c.limits.label("tenant_limits"))
            .outerjoin(tenants, tenants.c.tenant == keys.c.tenant)
            .order_by(keys.c.created, keys.c.id)
        )
        if tenant is not None:
            query = query.where(keys.c.tenant == tenant)
        if key_id is not None:
            query = query.where(keys.c.id == key_id)
        with self._engine.connect() as connection:
            return [_from_row(row) for row in connection.execute(query)]

    def limit_tenant(self, tenant: str, limits: KeyLimits) -> None:
        """Replace the row; a tenant without limits has none."""
        with self._engine.begin() as connection:
            connection.execute(delete(tenants).where(tenants.c.tenant == tenant))
            if limits != UNLIMITED:
                connection.execute(insert(tenants), {"tenant": tenant, "limits": limits.to_json()})

    def tenant_limits(self) -> Mapping[str, KeyLimits]:
        """Select them all."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(tenants).order_by(tenants.c.tenant)).all()
        return {row.tenant: limits_from_json(row.limits) for row in rows}


def _to_row(record: KeyRecord) -> dict[str, Any]:
    return {
        "tenant": record.tenant,
        "id": record.id,
        "mac": record.mac,
        "scopes": sorted(record.scopes),
        "floor": int(record.floor),
        "created": record.created,
        "expires": record.expires,
        "revoked": record.revoked,
        "name": record.name,
        "models": None if record.models is None else sorted(record.models),
        "limits": record.limits.to_json(),
    }


def _from_row(row: Row[Any]) -> KeyRecord:
    return KeyRecord(
        tenant=row.tenant,
        id=row.id,
        mac=row.mac,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        floor=Level(row.floor),
        created=row.created,
        expires=row.expires,
        revoked=row.revoked,
        name=row.name,
        models=None if row.models is None else frozenset(row.models),
        limits=limits_from_json(row.limits),
        tenant_limits=limits_from_json(row.tenant_limits),
    )
