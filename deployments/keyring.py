"""Who calls: keys checked in this process against records a few seconds old at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from starlette.requests import Request

from models.errors import AuthenticationFailed, ModelUnavailable
from router.keys import KeyRecord, Principal, Scope, parse_key, verify_key

REFRESH_S = 2.0
STALE_S = 5.0


class Keyring:
    """The keys as last told; refuses everything when they are too old to be trusted."""

    def __init__(self, pepper: bytes, clock: Callable[[], float] = time.time) -> None:
        self._pepper = pepper
        self._clock = clock
        self._records: Mapping[tuple[str, str], KeyRecord] = {}
        self._told = float("-inf")

    def tell(self, records: Iterable[KeyRecord]) -> None:
        """Take the newest records."""
        self._records = {(record.tenant, record.id): record for record in records}
        self._told = self._clock()

    def principal(self, request: Request, scope: Scope) -> Principal:
        """Who holds the request's key; raises AuthenticationFailed or PermissionDenied."""
        now = self._clock()
        if now - self._told > STALE_S:
            raise ModelUnavailable("Keys can't be checked right now; try again.", retry_after=1.0)
        key = parse_key(bearer(request))
        if key is None:
            raise AuthenticationFailed(
                "No valid key. Send 'Authorization: Bearer pk_…'; the first key of this server is"
                " in the file first_key of its home."
            )
        principal = verify_key(self._pepper, key, self._records.get((key.tenant, key.id)), now)
        principal.require(scope)
        return principal


def bearer(request: Request) -> str:
    """The key that came with the request, empty when none did."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-api-key", "")
