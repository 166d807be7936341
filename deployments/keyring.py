"""Who calls: keys checked in this process against records a few seconds old at most."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from starlette.requests import HTTPConnection

from deployments.remote import Remote
from deployments.wire.rate_headers import rate_headers
from models.deadline import Deadline
from models.errors import AuthenticationFailed, PodiumError, Unavailable
from router.keys import KeyRecord, Principal, Scope, parse_key, verify_key
from router.rate_book import RateBook

log = logging.getLogger("podium.gateway")

REFRESH_S = 2.0
STALE_S = 5.0
SUBPROTOCOL_KEY = "openai-insecure-api-key."


class Keyring:
    """The keys as last told; refuses everything when they are too old to be trusted.

    Expiry goes by the time of day, age by a clock that nobody sets.
    """

    def __init__(
        self,
        pepper: bytes,
        *,
        rates: RateBook | None = None,
        today: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rates = rates or RateBook()
        self._pepper = pepper
        self._today = today
        self._clock = clock
        self._records: Mapping[tuple[str, str], KeyRecord] = {}
        self._read = float("-inf")

    def tell(self, records: Iterable[KeyRecord], read: float | None = None) -> None:
        """Take the newest records, `read` being when they were asked for."""
        self._records = {(record.tenant, record.id): record for record in records}
        self._read = self._clock() if read is None else read

    @property
    def fresh(self) -> bool:
        """Whether the records are new enough to be trusted."""
        return self._clock() - self._read <= STALE_S

    async def refresh(self, state: Remote, deadline: Deadline) -> Sequence[KeyRecord]:
        """Every key as State has it now; an answer that was overtaken by a newer one is not kept.

        Records are as old as the question.
        """
        asked = self._clock()
        records: Sequence[KeyRecord] = await state.call("keys", deadline=deadline)
        if asked >= self._read:
            self.tell(records, asked)
        return records

    async def watch(self, state: Remote, period: float = REFRESH_S) -> None:
        """Ask for the records for ever; cancel to stop."""
        while True:
            try:
                await self.refresh(state, Deadline.after(STALE_S))
            except PodiumError as error:
                log.warning("keys not refreshed", extra={"code": error.code})
            await asyncio.sleep(period)

    def principal(self, request: HTTPConnection, scope: Scope) -> Principal:
        """Who holds the request's key, kept on its state for the log; counts it as a request.

        Raises AuthenticationFailed, RateLimited or PermissionDenied.
        """
        if not self.fresh:
            raise Unavailable("Keys can't be checked right now; try again.", retry_after=1.0)
        key = parse_key(bearer(request))
        if key is None:
            raise AuthenticationFailed(
                "No valid key. Send 'Authorization: Bearer pk_…'; the first key of this server is"
                " in the file first_key of its home."
            )
        record = self._records.get((key.tenant, key.id))
        principal = verify_key(self._pepper, key, record, self._today())
        request.state.principal = principal
        request.state.rate_headers = partial(rate_headers, self.rates, principal)
        self.rates.admit(principal)
        principal.require(scope)
        return principal


def bearer(request: HTTPConnection) -> str:
    """The key that came with the request, empty when none did."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    for offered in request.scope.get("subprotocols", ()):
        # A browser can set no header on a WebSocket: OpenAI's clients say the key like this.
        if offered.startswith(SUBPROTOCOL_KEY):
            return str(offered.removeprefix(SUBPROTOCOL_KEY))
    return request.headers.get("x-api-key", "")
