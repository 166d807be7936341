"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("mac", LargeBinary(32), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("floor", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float),
    Column("revoked", Float),
    Column("name", String(200), nullable=False),
    Column("models", JSON(none_as_null=True)),
    Column("limits", JSON(none_as_null=True)),
)

tenants = Table(
    "tenants",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("limits", JSON, nullable=False),
)

# `key_id` is empty for the budget of a whole tenant; amounts are nano-USD or tokens.
spending = Table(
    "spending",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    Column("unit", String(8), primary_key=True),
    Column("span", String(8), primary_key=True),
    Column("start", Float, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(32), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    Column("unit", String(8), primary_key=True),
    Column("span", String(8), primary_key=True),
    Column("start", Float, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("status", String(8), nullable=False),
    Column("expires", Float, nullable=False),
    Index("reservations_by_expiry", "status", "expires"),
)

runs = Table(
    "runs",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("run_id", String(64), primary_key=True),
    Column("pipeline", String(200), nullable=False),
    Column("version", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("started", Float, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("label", Text, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("error_code", String(64)),
    Column("sources", JSON, nullable=False),
    Index("runs_by_start", "tenant", "started"),
)

steps = Table(
    "steps",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("model", String(200)),
    Column("engine", String(64)),
    Column("site", String(64)),
    Column("prompt_version", String(200)),
    Column("started_ms", Float, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("status", String(16), nullable=False),
    ForeignKeyConstraint(["tenant", "run_id"], ["runs.tenant", "runs.run_id"], ondelete="CASCADE"),
)

run_contents = Table(
    "run_contents",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("run_id", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
    ForeignKeyConstraint(["tenant", "run_id"], ["runs.tenant", "runs.run_id"], ondelete="CASCADE"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("run_id", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("decision_id", String(64), nullable=False),
    Column("decision", JSON, nullable=False),
    ForeignKeyConstraint(["tenant", "run_id"], ["runs.tenant", "runs.run_id"], ondelete="CASCADE"),
    Index("decisions_by_id", "decision_id"),
)

# Money in nano-dollars; `pipeline` is empty for a direct call.
call_costs = Table(
    "call_costs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", Float, nullable=False),
    Column("day", String(10), nullable=False),
    Column("tenant", String(32), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("model", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("pipeline", String(80), nullable=False),
    Column("ended", String(16), nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("engine_seconds", Float, nullable=False),
    Column("nano", BigInteger, nullable=False),
    Column("measured", Boolean, nullable=False),
    Column("priced", Boolean, nullable=False),
    Index("call_costs_by_day", "day", "tenant"),
)

# What a run wants done; `arguments` are content, and gone once the act has ended.
acts = Table(
    "acts",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("step", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("arguments", JSON(none_as_null=True)),
    Column("label", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("policy_digest", String(128), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("needed", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("error_code", String(64)),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("changed", Float, nullable=False),
    Index("acts_by_run", "tenant", "run_id"),
    Index("acts_by_status", "status", "created"),
)

act_approvals = Table(
    "act_approvals",
    metadata,
    Column("tenant", String(32), primary_key=True),
    Column("act_id", String(64), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    ForeignKeyConstraint(["tenant", "act_id"], ["acts.tenant", "acts.id"], ondelete="CASCADE"),
)
