"""The tables of retrieval.db: SQL is the source of truth, every index can be rebuilt from it."""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = 2

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

collections = sa.Table(
    "collections",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("chunker", sa.Integer, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    # Drawn anew at every write, so that two histories of one number are told apart.
    sa.Column("mark", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("collection_pk", sa.ForeignKey("collections.pk"), nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("seal", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("collection_pk", "id"),
    sa.Index("documents_by_label", "collection_pk", "label"),
    sqlite_autoincrement=True,
)

# A chunk's pk is its id in FAISS and FTS5 too: autoincrement, so that none is ever used again.
chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("document_pk", sa.ForeignKey("documents.pk"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("heading", sa.Text, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("seal", sa.Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
