"""One request's way out: checked, scanned, written down, and only then put on the wire."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import GatePayloadRefused, ModelNotFound, PodiumError, Unavailable
from models.messages import ChatDelta, Usage
from models.remote.provider_errors import Answered, NeverSent
from models.remote.registry import RemoteChat, wire_fields
from router.gate.check import Permit, check
from router.gate.payload import texts
from router.gate.ports import Intent, IntentLog, LastScan, Result, SentStatus
from router.gate.spent import Spent
from router.policy import Policy

SECRET = "secret"  # noqa: S105 - the name of a category
log = logging.getLogger("podium.egress")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the router hands to the gate."""

    token: str = field(repr=False)
    payload: bytes = field(repr=False)
    model: str
    tenant: str


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the gate decides by, its own copy; `scans` all look at every text."""

    key: bytes = field(repr=False)
    policy: Policy
    cards: Mapping[str, ModelCard]
    scans: Sequence[LastScan]


class Departures:
    """Lets requests out one by one; holds nothing of any but the nonce of its token."""

    def __init__(
        self,
        rules: GateRules,
        chats: Mapping[str, RemoteChat],
        intents: IntentLog,
        *,
        clock: Callable[[], float] = time.time,
        spent: Spent | None = None,
    ) -> None:
        self._rules = rules
        self._chats = chats
        self._intents = intents
        self._clock = clock
        self._spent = spent or Spent(clock())

    async def stream(self, outgoing: Outgoing, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The provider's answer; raises PodiumError only. Closing it stops the provider's work."""
        permit = self.permit(outgoing)
        intent = await self._write_down(permit)
        deltas: Any = self._chats[outgoing.model].send(permit.payload, deadline)
        passage = _Passage()
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    passage.saw(delta)
                    yield delta
            passage.status = "sent"
        except PodiumError as error:
            passage.failed(error)
            raise
        finally:
            # A cancelled caller must not leave the record without its end.
            await asyncio.shield(self._conclude(intent, passage, outgoing.model))

    def permit(self, outgoing: Outgoing) -> Permit:
        """Leave for these bytes, or the error that keeps them inside; uses the token up."""
        rules, now = self._rules, self._clock()
        card = rules.cards.get(outgoing.model)
        if card is None:
            raise ModelNotFound(f"No model '{outgoing.model}' outside is enabled.", param="model")
        permit = check(
            outgoing.token,
            outgoing.payload,
            key=rules.key,
            tenant=outgoing.tenant,
            policy=rules.policy,
            card=card,
            fields=wire_fields(card),
            now=now,
        )
        claims = permit.claims
        self._spent.spend(claims.nonce, claims.issued, claims.expires, now)
        self._scan(permit)
        return permit

    def _scan(self, permit: Permit) -> None:
        text = "\n".join(texts(permit.body))
        for scan in self._rules.scans:
            seen = scan(text)
            if any(found.category == SECRET for found in seen.findings):
                raise GatePayloadRefused(
                    "A secret, such as a key or a password, stands in the text; it stays inside."
                    " Take it out, or use a local model.",
                    param="messages",
                )
            if not seen.complete:
                raise GatePayloadRefused(
                    "The text can't be searched for secrets as a whole; it stays inside. Send less,"
                    " or use a local model.",
                    param="messages",
                )

    async def _write_down(self, permit: Permit) -> str:
        card, claims = self._rules.cards[permit.claims.model], permit.claims
        record = Intent(
            at=self._clock(),
            decision_id=claims.decision_id,
            tenant=claims.tenant,
            step=claims.step,
            model=card.id,
            site=card.site,
            region=card.region,
            vendor_model=card.vendor_model or card.id,
            payload_digest=claims.payload_digest,
            payload_bytes=len(permit.payload),
            label=claims.label,
            policy_digest=claims.policy_digest,
            rule=permit.rule,
        )
        try:
            return await self._intents.intent(record)
        except (OSError, PodiumError) as error:
            log.error("intent not written", extra={"model": card.id, "code": type(error).__name__})
            raise Unavailable(
                "What leaves can't be written down now, so nothing leaves. See the disk of the"
                " home, or use a local model.",
                retry_after=5.0,
            ) from error

    async def _conclude(self, intent: str, passage: _Passage, model: str) -> None:
        try:
            await self._intents.result(intent, passage.result(self._chats[model].returned_model))
        except (OSError, PodiumError) as error:
            # The intent stands; without a result it counts as unknown.
            log.error("result not written", extra={"model": model, "code": type(error).__name__})


@dataclass
class _Passage:
    """What became of one request; until an answer comes nobody knows."""

    status: SentStatus = "unknown"
    code: str | None = None
    usage: Usage = field(default_factory=Usage)

    def saw(self, delta: ChatDelta) -> None:
        self.status = "sent"
        self.usage = delta.usage or self.usage

    def failed(self, error: PodiumError) -> None:
        self.code = error.code or error.type
        if isinstance(error, NeverSent):
            self.status = "failed"
        elif isinstance(error.__cause__, Answered):
            self.status = "sent"

    def result(self, returned_model: str | None) -> Result:
        return Result(
            self.status,
            self.code,
            returned_model,
            self.usage.prompt_tokens,
            self.usage.completion_tokens,
        )
