"""The route decisions of runs: which rules took which model out, without content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs of before have no decisions."""
    op.create_table(
        "decisions",
        sa.Column("tenant", sa.String(32), primary_key=True),
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("decision_id", sa.String(64), nullable=False),
        sa.Column("decision", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "run_id"], ["runs.tenant", "runs.run_id"], ondelete="CASCADE"
        ),
    )
    op.create_index("decisions_by_id", "decisions", ["decision_id"])
