"""What every call of a model came to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calls of before have no costs."""
    op.create_table(
        "call_costs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("tenant", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("pipeline", sa.String(80), nullable=False),
        sa.Column("ended", sa.String(16), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger, nullable=False),
        sa.Column("engine_seconds", sa.Float, nullable=False),
        sa.Column("nano", sa.BigInteger, nullable=False),
        sa.Column("measured", sa.Boolean, nullable=False),
        sa.Column("priced", sa.Boolean, nullable=False),
    )
    op.create_index("call_costs_by_day", "call_costs", ["day", "tenant"])
