"""The ledger's tables, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, String, Table, Text

metadata = MetaData()
# SQLite's own row number, so that the chain lies in the file in its order.
_Number = BigInteger().with_variant(Integer, "sqlite")

# One row. Whoever appends locks it first, so that all replicas write one chain.
head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("ledger", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)

records = Table(
    "ledger_records",
    metadata,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("id", String(128), nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

# `signature` and `signer` stay empty until segments are signed.
segments = Table(
    "ledger_segments",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("root", String(64), nullable=False),
    Column("signature", Text),
    Column("signer", Text),
)
