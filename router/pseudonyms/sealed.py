"""Sealing one value under its subject's key: AES-256-GCM (NIST SP 800-38D), a fresh nonce each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
Entropy = Callable[[int], bytes]


def seal(key: bytes, value: str, bound_to: str, entropy: Entropy) -> bytes:
    """Nonce and ciphertext; it opens only with the same `bound_to`."""
    nonce = entropy(_NONCE_BYTES)
    plain = value.encode("utf-8", "surrogatepass")
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def unseal(key: bytes, sealed: bytes, bound_to: str) -> str:
    """The value again; raises cryptography's InvalidTag when anything was changed."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCM(key).decrypt(nonce, body, bound_to.encode()).decode("utf-8", "surrogatepass")
