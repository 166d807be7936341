"""Collections: a name, settings, and the embedder and chunker their chunks were made with."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from models.embeddings import EmbedderIdentity
from models.errors import InvalidRequest
from retrieval.chunking import CHUNKER_VERSION
from retrieval.database import insert
from retrieval.errors import CollectionNotFound
from retrieval.settings import CollectionSettings
from retrieval.tables import chunks, collections, documents

# What stands before the mark is for whoever keeps several owners' collections apart.
_NAME = re.compile(r"([a-z0-9-]{1,32}~)?[a-z0-9][a-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection at one moment: `generation` and `mark` change with every write."""

    pk: int
    name: str
    settings: CollectionSettings
    identity: EmbedderIdentity
    chunker: int
    generation: int
    mark: str


def find(connection: sa.Connection, name: str) -> Collection:
    """The collection of that name."""
    collection = maybe(connection, name)
    if collection is None:
        raise CollectionNotFound(
            f"There is no collection {name!r}; `podium ingest` makes one.", param="collection"
        )
    return collection


def maybe(connection: sa.Connection, name: str) -> Collection | None:
    """The collection of that name, if there is one."""
    if "\0" in name:
        return None  # Not a name, and PostgreSQL would not even compare it.
    row = connection.execute(sa.select(collections).where(collections.c.name == name)).first()
    return None if row is None else _collection(row)


def listed(connection: sa.Connection) -> tuple[Collection, ...]:
    """Every collection, by name."""
    rows = connection.execute(sa.select(collections).order_by(collections.c.name))
    return tuple(map(_collection, rows))


def ensure(
    connection: sa.Connection,
    name: str,
    identity: EmbedderIdentity,
    settings: CollectionSettings | None,
    defaults: CollectionSettings,
) -> Collection:
    """The collection of that name, made when missing; given settings replace those it has."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            "A collection's name is 1 to 63 of a-z 0-9 _ . - and starts with a letter or digit.",
            param="collection",
        )
    found = maybe(connection, name)
    if found is None:
        return _create(connection, name, identity, settings or defaults)
    if settings is not None:
        at = collections.c.pk == found.pk
        connection.execute(
            collections.update().where(at).values(settings=settings.model_dump_json())
        )
    return find(connection, name)


def touch(connection: sa.Connection, pk: int) -> None:
    """Give the collection its next generation."""
    connection.execute(
        collections.update()
        .where(collections.c.pk == pk)
        .values(generation=collections.c.generation + 1, mark=secrets.token_hex(8))
    )


def drop(connection: sa.Connection, name: str) -> Collection:
    """Remove the collection with all that is in it."""
    collection = find(connection, name)
    inside = sa.select(documents.c.pk).where(documents.c.collection_pk == collection.pk)
    connection.execute(chunks.delete().where(chunks.c.document_pk.in_(inside)))
    connection.execute(documents.delete().where(documents.c.collection_pk == collection.pk))
    connection.execute(collections.delete().where(collections.c.pk == collection.pk))
    return collection


def _create(
    connection: sa.Connection, name: str, identity: EmbedderIdentity, settings: CollectionSettings
) -> Collection:
    insert(
        connection,
        collections,
        name=name,
        settings=settings.model_dump_json(),
        identity=json.dumps(asdict(identity), sort_keys=True),
        chunker=CHUNKER_VERSION,
        generation=0,
        mark=secrets.token_hex(8),
    )
    return find(connection, name)


def _collection(row: sa.Row[tuple[int, str, str, str, int, int, str]]) -> Collection:
    return Collection(
        pk=row.pk,
        name=row.name,
        settings=CollectionSettings.model_validate_json(row.settings),
        identity=EmbedderIdentity(**json.loads(row.identity)),
        chunker=row.chunker,
        generation=row.generation,
        mark=row.mark,
    )
