"""Refusing to compare vectors that different embedders or chunkers made."""

from __future__ import annotations

from models.embeddings import EmbedderIdentity
from retrieval.collection import Collection
from retrieval.errors import IndexMismatch


def check_identity(collection: Collection, identity: EmbedderIdentity) -> None:
    """Raise IndexMismatch unless the collection was embedded by just this embedder."""
    if collection.identity == identity:
        return
    raise IndexMismatch(
        f"Collection {collection.name!r} was embedded by {_name(collection.identity)}, not by "
        f"{_name(identity)}: start Podium with that embedder, or delete the collection and "
        "ingest it again.",
        param="collection",
    )


def _name(identity: EmbedderIdentity) -> str:
    return f"{identity.model} ({identity.digest[:12]}, {identity.dim} dimensions)"
