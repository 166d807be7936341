"""Segments: each full run of entries is sealed under one Merkle root (RFC 6962, section 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

SEGMENT_RECORDS = 1024


def sealed_between(before: int, after: int) -> range:
    """Numbers, from 1, of the segments that fill up when the head moves from `before`."""
    return range(before // SEGMENT_RECORDS + 1, after // SEGMENT_RECORDS + 1)


def bounds(number: int) -> tuple[int, int]:
    """First and last sequence number of a segment, both inclusive."""
    return (number - 1) * SEGMENT_RECORDS + 1, number * SEGMENT_RECORDS


def merkle_root(hashes: Sequence[str]) -> str:
    """The tree hash over entry hashes in hex; the leaves are the hashes' bytes."""
    return _tree([hashlib.sha256(b"\0" + bytes.fromhex(one)).digest() for one in hashes]).hex()


def _tree(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _tree(leaves[:split]) + _tree(leaves[split:])).digest()
