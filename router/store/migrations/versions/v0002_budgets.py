"""Limits of keys and tenants, and what is spent of their budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keys of before have no limits and may use every model."""
    op.add_column("keys", sa.Column("models", sa.JSON(none_as_null=True)))
    op.add_column("keys", sa.Column("limits", sa.JSON(none_as_null=True)))
    op.create_table(
        "tenants",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("limits", sa.JSON, nullable=False),
    )
    _spending()
    _reservations()


def _spending() -> None:
    op.create_table(
        "spending",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("unit", sa.String(8), primary_key=True),
        sa.Column("span", sa.String(8), primary_key=True),
        sa.Column("start", sa.Float, primary_key=True),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
    )


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("unit", sa.String(8), primary_key=True),
        sa.Column("span", sa.String(8), primary_key=True),
        sa.Column("start", sa.Float, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
    )
    op.create_index("reservations_by_expiry", "reservations", ["status", "expires"])
