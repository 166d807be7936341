"""Tokens that were used: each opens the gate once."""

from __future__ import annotations

import heapq

from models.errors import GateJustOpened, GateTokenSpent, Overloaded

MOST = 100_000
# Clocks are set right by less than this without being set back.
_SET_BACK_S = 1.0


class Spent:
    """Remembers nonces until their tokens expire, `most` of them at once.

    None is ever forgotten early: a full memory closes the gate. Tokens from before `opened`, in
    seconds since the epoch, are refused, for what an earlier gate spent is not known here. A clock
    that is set back opens the gate anew: else nothing would go out until it has caught up.
    """

    def __init__(self, opened: float, most: int = MOST) -> None:
        self._opened = self._seen = opened
        self._most = most
        self._nonces: set[str] = set()
        self._by_expiry: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._nonces)

    def spend(self, nonce: str, issued: float, expires: float, now: float) -> None:
        """Use a token up; raises GateTokenSpent the second time, and what can be tried again."""
        if now < self._seen - _SET_BACK_S:
            self._opened = min(self._opened, now)
        self._seen = now
        self._forget(now)
        if nonce in self._nonces:
            raise GateTokenSpent("The gate's token was used before; each is good for one request.")
        if issued < self._opened:
            raise GateJustOpened(
                "The gate has only just opened; send the request again.", retry_after=1.0
            )
        if len(self._nonces) >= self._most:
            raise Overloaded("The gate is full; try again shortly.", retry_after=1.0)
        self._nonces.add(nonce)
        heapq.heappush(self._by_expiry, (expires, nonce))

    def _forget(self, now: float) -> None:
        while self._by_expiry and self._by_expiry[0][0] <= now:
            self._nonces.discard(heapq.heappop(self._by_expiry)[1])
