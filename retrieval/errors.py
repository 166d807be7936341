"""The errors that only retrieval raises; all belong to the one tree of models/errors.py."""

from __future__ import annotations

from models.errors import NotFound, SetupError


class CollectionNotFound(NotFound):
    """No such collection, or none visible to this key."""

    code = "collection_not_found"


class SourceNotFound(NotFound):
    """No such structured source or no such named query in it."""

    code = "source_not_found"


class IndexMismatch(SetupError):
    """A collection was made by another embedder or chunker than the one in use."""

    code = "index_mismatch"


class NewerSchema(SetupError):
    """The database was written by a newer Podium, which this one must not touch."""

    code = "newer_schema"
