"""Search by words in PostgreSQL: English stems, each by how rare it is and how often it stands.

A word counts `ln(1 + (n - df + 0.5) / (df + 0.5))`, as in BM25, times PostgreSQL's `ts_rank` of
that word alone, which grows ever less with its repetitions and falls with the chunk's length.
"""

from __future__ import annotations

import math

import sqlalchemy as sa

from retrieval.lexical import terms_of
from retrieval.scored import Scored

CONFIG = "english"
WORDS = f"to_tsvector('{CONFIG}', :words)"
_BY_LENGTH = 1
"""`ts_rank` divides by one plus the logarithm of the length."""


def search(
    connection: sa.Connection, table: str, query: str, k: int, labels: frozenset[str]
) -> tuple[Scored, ...]:
    """The `k` best chunks of `table` among those with one of `labels`."""
    if not labels:
        return ()
    weights = _weights(connection, table, terms_of(query))
    if not weights:
        return ()
    asked = {f"q{n}": term for n, term in enumerate(weights)}
    parts = [
        f"{weight!r} * ts_rank(words, to_tsquery('{CONFIG}', :q{n}), {_BY_LENGTH})"
        for n, weight in enumerate(weights.values())
    ]
    statement = sa.text(
        f"""
        WITH found AS MATERIALIZED (
            SELECT chunk_pk, {" + ".join(parts)} AS score FROM {table}
            WHERE words @@ to_tsquery('{CONFIG}', :any) AND label = ANY(:labels)
        )
        SELECT chunk_pk, score FROM found ORDER BY score DESC, chunk_pk LIMIT :k
        """  # noqa: S608 - the table is named by a number, every value is bound
    )
    any_of = " | ".join(weights)
    bound = {**asked, "any": any_of, "labels": sorted(labels), "k": k}
    return tuple(Scored(pk, score) for pk, score in connection.execute(statement, bound))


def _weights(connection: sa.Connection, table: str, terms: tuple[str, ...]) -> dict[str, float]:
    """What each word that is found at all counts; stop words are found nowhere."""
    chunks = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    counted = sa.text(f"SELECT count(*) FROM {table} WHERE words @@ to_tsquery('{CONFIG}', :term)")  # noqa: S608
    weights = {}
    for term in terms:
        quoted = f"'{term}'"
        df = connection.execute(counted, {"term": quoted}).scalar_one()
        if df:
            weights[quoted] = math.log1p((chunks - df + 0.5) / (df + 0.5))
    return weights
