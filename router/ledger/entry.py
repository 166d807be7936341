"""Links of the chain: a record with its place, as canonical bytes, and the hash over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from router.ledger.record import Record

# Version 1 of the body. Signatures, references to content encrypted for each subject, and the
# inputs that replay needs come as later versions: the reader refuses versions it does not know.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One link; `body` is canonical JSON and `hash` its SHA-256 in hex."""

    seq: int
    id: str
    body: str
    hash: str


def canonical(value: Any) -> str:
    """Sorted keys, no white space, characters as they are: equal values are equal bytes.

    As RFC 8785 for the values a Record takes, but for the spelling of floats, which is Python's.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256(text: str) -> str:
    """The digest of the text's UTF-8, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def genesis(ledger: str) -> str:
    """What the first entry names as its previous hash: links of two ledgers cannot be mixed."""
    return sha256(canonical({"ledger": ledger, "v": VERSION}))


def content_of(record: Record) -> dict[str, Any]:
    """What the writer said, without its place in the chain."""
    return {
        "id": record.id,
        "at": record.at,
        "kind": record.kind,
        "tenant": record.tenant,
        "run_id": record.run_id,
        "request_id": record.request_id,
        "fields": dict(record.fields),
    }


def entries(records: Iterable[Record], seq: int, prev: str) -> Iterator[Entry]:
    """The links that follow sequence number `seq`, whose hash is `prev`."""
    for record in records:
        seq += 1
        body = canonical({**content_of(record), "v": VERSION, "seq": seq, "prev": prev})
        prev = sha256(body)
        yield Entry(seq, record.id, body, prev)
