"""The router's side of the gate: makes the token that goes with a payload."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from models.messages import Origin
from router.gate.token import NONCE_BYTES, TTL_S, Claims, payload_digest, seal


class Sealer:
    """Seals payloads; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        key: bytes,
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_hex(NONCE_BYTES),
    ) -> None:
        self._key = key
        self._clock = clock
        self._nonce = nonce

    def seal(self, model: str, origin: Origin, payload: bytes) -> str:
        """The token for `payload` to go to `model` once, within the next half minute."""
        now = self._clock()
        claims = Claims(
            decision_id=origin.decision_id,
            tenant=origin.tenant,
            step=origin.step,
            model=model,
            payload_digest=payload_digest(self._key, payload),
            label=origin.label,
            policy_digest=origin.policy_digest,
            issued=now,
            expires=now + TTL_S,
            nonce=self._nonce(),
        )
        return seal(self._key, claims)
