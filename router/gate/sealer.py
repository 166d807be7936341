"""The router's side of the gate: makes the token that goes with a payload."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from models.messages import Origin
from router.gate.token import NONCE_BYTES, TTL_S, Claims, GateKeys, seal
from router.ledger.mac import payload_mac


class Sealer:
    """Seals payloads; `clock` gives seconds since the epoch."""

    def __init__(
        self,
        keys: GateKeys,
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_hex(NONCE_BYTES),
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._nonce = nonce

    def seal(self, model: str, origin: Origin, payload: bytes) -> str:
        """The token for `payload` to go to `model` once, within the next half minute."""
        now = self._clock()
        claims = Claims(
            request_id=origin.request_id,
            decision_id=origin.decision_id,
            tenant=origin.tenant,
            step=origin.step,
            model=model,
            payload_mac=payload_mac(self._keys.payload, origin.tenant, payload),
            label=origin.label,
            policy_digest=origin.policy_digest,
            issued=now,
            expires=now + TTL_S,
            nonce=self._nonce(),
            lowering=origin.lowering,
        )
        return seal(self._keys, claims)
