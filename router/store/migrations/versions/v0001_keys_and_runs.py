"""Keys, runs and their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the first home."""
    _keys()
    _runs()
    _run_parts()


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("floor", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("expires", sa.Float),
        sa.Column("revoked", sa.Float),
        sa.Column("name", sa.String(200), nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("pipeline", sa.String(200), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("sources", sa.JSON, nullable=False),
    )
    op.create_index("runs_by_start", "runs", ["tenant", "started"])


def _run_parts() -> None:
    op.create_table(
        "steps",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200)),
        sa.Column("engine", sa.String(64)),
        sa.Column("site", sa.String(64)),
        sa.Column("prompt_version", sa.String(200)),
        sa.Column("started_ms", sa.Float, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        _owned_by_a_run(),
    )
    op.create_table(
        "run_contents",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
        _owned_by_a_run(),
    )


def _owned_by_a_run() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", "run_id"], ["runs.tenant", "runs.run_id"], ondelete="CASCADE"
    )
