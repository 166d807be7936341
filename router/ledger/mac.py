"""Payload MACs: what was sent can be proven by who has it and the key, and guessed by nobody."""

from __future__ import annotations

import hashlib
import hmac

_PAYLOAD = b"podium ledger payload v1"
_HEAD = b"podium ledger head v1"


def derived_key(secret: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose, 32 bytes; HMAC-SHA256 as a PRF (NIST SP 800-108)."""
    return hmac.new(secret, purpose, hashlib.sha256).digest()


def payload_key(secret: bytes) -> bytes:
    """The key of payload MACs, from the home's secret."""
    return derived_key(secret, _PAYLOAD)


def head_key(secret: bytes) -> bytes:
    """The key under which the head of the chain is authenticated, from the home's secret."""
    return derived_key(secret, _HEAD)


def payload_mac(key: bytes, tenant: str, payload: bytes) -> str:
    """`hmac-sha256:` and 64 hex digits; equal payloads of two tenants have different MACs."""
    mac = hmac.new(derived_key(key, tenant.encode()), payload, hashlib.sha256)
    return f"hmac-sha256:{mac.hexdigest()}"


def head_mac(key: bytes, ledger: str, seq: int, digest: str) -> str:
    """The MAC of a chain's head, 64 hex digits: who has only the database cannot move it."""
    return hmac.new(key, f"{ledger}:{seq}:{digest}".encode(), hashlib.sha256).hexdigest()
