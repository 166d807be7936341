"""Webhooks of image jobs: an address that a provider may call once its pictures are made.

The address holds a name that nobody else can make. What is said there is neither read nor believed:
a call only makes Podium ask sooner, by the way that it asks anyway.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from router.ledger.mac import derived_key

_BYTES = 16
_SHAPE = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}")


def bell_key(secret: bytes) -> bytes:
    """The key of names, derived from the home's secret."""
    return derived_key(secret, b"podium image webhook v1")


def new_name(key: bytes) -> str:
    """A name for one job: what can't be guessed, and its HMAC-SHA256 (RFC 2104), cut to half."""
    said = secrets.token_hex(_BYTES)
    return f"{said}.{_mac(key, said)}"


def is_name(key: bytes, name: str) -> bool:
    """Whether the name is one of ours."""
    if _SHAPE.fullmatch(name) is None:
        return False
    said, _, mac = name.partition(".")
    return hmac.compare_digest(mac, _mac(key, said))


def _mac(key: bytes, said: str) -> str:
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[: 2 * _BYTES]


class Doorbells:
    """The jobs under way that somebody may ring for; a name is good until its job has ended."""

    def __init__(self) -> None:
        self._rung: dict[str, asyncio.Event] = {}

    @contextmanager
    def hung(self, name: str) -> Iterator[asyncio.Event]:
        """The bell of one job, while it is under way."""
        self._rung[name] = bell = asyncio.Event()
        try:
            yield bell
        finally:
            del self._rung[name]

    def ring(self, name: str) -> bool:
        """Whether a job waits under that name; it is asked about at once then."""
        bell = self._rung.get(name)
        if bell is not None:
            bell.set()
        return bell is not None
