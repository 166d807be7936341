"""The bytes a record is hashed as, by the format's own description and not by the writer's code.

Sorted keys, no white space, UTF-8 without escapes for letters, floats as short as they go.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

VERSION = 1
KINDS = frozenset(
    {
        *("egress.intent", "egress.result", "decision", "declassification", "admin", "run"),
        *("alarm", "act.intent", "act.result", "image.made"),
    }
)
FIELDS = frozenset(
    {"v", "seq", "prev", "id", "at", "kind", "tenant", "run_id", "request_id", "fields"}
)
SEGMENT_RECORDS = 1024


def canonical(value: Any) -> str:
    """The one text of a JSON value; ValueError for what JSON has no text for."""
    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return encoder.encode(value)


def digest(text: str) -> str:
    """SHA-256 of the UTF-8, 64 hex digits; ValueError for half a surrogate pair."""
    return hashlib.sha256(text.encode("utf-8", "strict")).hexdigest()


def first_prev(ledger: str) -> str:
    """What record 1 names as the hash before it."""
    return digest(canonical({"v": VERSION, "ledger": ledger}))


def head_mac(secret: bytes, ledger: str, seq: int, hash_: str) -> str:
    """The MAC of a head under the home's secret, 64 hex digits."""
    key = hmac.digest(secret, b"podium ledger head v1", "sha256")
    return hmac.digest(key, f"{ledger}:{seq}:{hash_}".encode(), "sha256").hex()


def root_of(hashes: list[str]) -> str:
    """The Merkle tree hash of RFC 6962, 2.1, built level by level; of at least one leaf.

    Pairing from the left and carrying an odd one up gives the RFC's tree.
    """
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest() for one in hashes]
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\x01" + level[n] + level[n + 1]).digest()
            for n in range(0, len(level) - 1, 2)
        ]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()
