"""One request's way out: checked, scanned, written down, and only then put on the wire."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import GatePayloadRefused, LedgerUnavailable, ModelNotFound, PodiumError
from models.image_jobs import finished
from models.images import Images
from models.messages import ChatDelta
from models.remote.image_registry import RemoteImages
from models.remote.registry import RemoteChat, wire_fields
from router.gate.check import Permit, check
from router.gate.last_scan import LastScan
from router.gate.passage import Passage
from router.gate.payload import texts
from router.gate.spent import Spent
from router.gate.token import GateKeys, unseal
from router.ledger import egress
from router.ledger.declassification import declassification
from router.ledger.port import Ledger
from router.ledger.record import Record
from router.policy import Policy

SECRET = "secret"  # noqa: S105 - the name of a category
_EARLIER = 8
Look = Callable[[str], Awaitable[Policy]]
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
    """What the gate decides by, its own copy; `scans` all look at every text.

    `earlier` holds the digests of the policies that were in force here before this one.
    """

    keys: GateKeys
    policy: Policy
    cards: Mapping[str, ModelCard]
    scans: Sequence[LastScan]
    earlier: tuple[str, ...] = ()


class Departures:
    """Lets requests out one by one; holds nothing of any but the nonce of its token.

    `look` is given the digest of a policy that is not known here and answers with the one in force
    once its file was looked at.
    """

    def __init__(
        self,
        rules: GateRules,
        chats: Mapping[str, RemoteChat],
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        spent: Spent | None = None,
        look: Look | None = None,
        images: Mapping[str, RemoteImages] = MappingProxyType({}),
    ) -> None:
        self._rules = rules
        self._chats = chats
        self._images = images
        self._ledger = ledger
        self._clock = clock
        self._look = look
        self._spent = Spent(clock()) if spent is None else spent

    async def stream(self, outgoing: Outgoing, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The provider's answer; raises PodiumError only. Closing it stops the provider's work."""
        chat = self._chats.get(outgoing.model)
        if chat is None:
            raise _not_here(outgoing)
        permit, leaving, intent = await self._let_out(outgoing)
        passage = Passage()
        try:
            deltas: Any = chat.send(permit.payload, deadline, passage.ran)
            async with aclosing(deltas):
                async for delta in deltas:
                    passage.saw(delta)
                    yield delta
        except PodiumError as error:
            passage.failed(error)
            raise
        finally:
            # A cancelled caller must not leave the record without its end.
            await asyncio.shield(self._conclude(intent, leaving, passage))

    async def pictures(
        self, outgoing: Outgoing, deadline: Deadline, bell: asyncio.Event | None = None
    ) -> Images:
        """What the provider made, asked for when the `bell` rings; raises PodiumError only."""
        model = self._images.get(outgoing.model)
        if model is None:
            raise _not_here(outgoing)
        permit, leaving, intent = await self._let_out(outgoing)
        passage = Passage()
        try:
            job = await model.send(permit.payload, deadline)
            passage.submitted()
            made = await finished(model, job, deadline, bell=bell)
            passage.made(made)
        except PodiumError as error:
            passage.failed(error)
            raise
        finally:
            await asyncio.shield(self._conclude(intent, leaving, passage))
        return made

    async def _let_out(self, outgoing: Outgoing) -> tuple[Permit, egress.Intent, str]:
        """Leave to send, what leaves, and the id of its intent, which is on disk."""
        await self._look_for(outgoing)
        permit = self.permit(outgoing)
        leaving, lowered = self._leaving(permit), None
        if permit.claims.lowering is not None:
            lowered = declassification(permit.claims.lowering, leaving, self._clock())
            extra = {**(leaving.extra or {}), "declassification": lowered.id}
            leaving = replace(leaving, extra=extra)
        return permit, leaving, await self.write_down(leaving, lowered)

    def swap_policy(self, policy: Policy) -> None:
        """Decide by another policy from now on; requests begun under the last ones by it, too."""
        if policy.digest == self._rules.policy.digest:
            return
        earlier = (*self._rules.earlier, self._rules.policy.digest)[-_EARLIER:]
        self._rules = replace(self._rules, policy=policy, earlier=earlier)

    def permit(self, outgoing: Outgoing) -> Permit:
        """Leave for these bytes, or the error that keeps them inside; uses the token up."""
        rules, now = self._rules, self._clock()
        card = rules.cards.get(outgoing.model)
        if card is None:
            raise _not_here(outgoing)
        permit = check(
            outgoing.token,
            outgoing.payload,
            keys=rules.keys,
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

    async def _look_for(self, outgoing: Outgoing) -> None:
        """Look for a policy that a token of ours names and this gate does not know yet.

        The router may take a policy from the file a moment before the gate does. Whatever is found,
        the gate decides by the policy that is in force here.
        """
        rules, digest = self._rules, unseal(self._rules.keys, outgoing.token).policy_digest
        if self._look is None or digest in (rules.policy.digest, *rules.earlier):
            return
        self.swap_policy(await self._look(digest))
        here = self._rules.policy.digest
        if here != digest:
            log.warning("token of an unknown policy", extra={"was": digest, "digest": here})

    async def write_down(self, leaving: egress.Intent, lowered: Record | None = None) -> str:
        """The intent's id once it is on disk; raises LedgerUnavailable, and then nothing leaves.

        `lowered`, if a label was, is on disk before it.
        """
        try:
            if lowered is not None:
                await self._ledger.append(lowered, durable=True)
            return await egress.intent(self._ledger, leaving, self._clock())
        except (OSError, ValueError, PodiumError) as error:
            log.error("intent not written", extra={"model": leaving.model, "code": _name(error)})
            raise LedgerUnavailable(
                "What leaves can't be written down now, so nothing leaves. Mend the disk of the"
                " home, or use a local model.",
                retry_after=5.0,
            ) from error

    def _scan(self, permit: Permit) -> None:
        card = self._rules.cards[permit.claims.model]
        param = "prompt" if card.kind == "image" else "messages"
        text = "\n".join(texts(permit.body))
        for scan in self._rules.scans:
            seen = scan(text)
            if any(found.category == SECRET for found in seen.findings):
                raise GatePayloadRefused(
                    "A secret, such as a key or a password, stands in the text; it stays inside."
                    " Take it out, or use a local model.",
                    param=param,
                )
            if not seen.complete:
                raise GatePayloadRefused(
                    "The text can't be searched for secrets as a whole; it stays inside. Send less,"
                    " or use a local model.",
                    param=param,
                )

    def _leaving(self, permit: Permit) -> egress.Intent:
        card, claims = self._rules.cards[permit.claims.model], permit.claims
        return egress.Intent(
            tenant=claims.tenant,
            run_id="",
            request_id=claims.request_id,
            decision_id=claims.decision_id,
            provider=card.site,
            model=card.id,
            site=card.site,
            step=claims.step,
            label=permit.label.public(),
            policy_digest=claims.policy_digest,
            payload_mac=claims.payload_mac,
            size=len(permit.payload),
            extra={
                "rule": permit.rule,
                "gate_policy_digest": permit.policy_digest,
                "region": card.region,
                "vendor_model": card.vendor_model or card.id,
                "token_id": claims.nonce,
            },
        )

    async def _conclude(self, intent: str, leaving: egress.Intent, passage: Passage) -> None:
        now, facts = self._clock(), passage.facts()
        try:
            await egress.result(self._ledger, intent, passage.status, leaving, now, facts)
        except (OSError, ValueError, PodiumError) as error:
            # The intent stands; without a result it counts as unknown.
            log.error("result not written", extra={"model": leaving.model, "code": _name(error)})


def _not_here(outgoing: Outgoing) -> PodiumError:
    return ModelNotFound(f"No model '{outgoing.model}' outside is enabled.", param="model")


def _name(error: Exception) -> str:
    return type(error).__name__
