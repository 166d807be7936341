"""The gate's decision: pure, from its own copy of the policy, believing nobody.

What the router decided stands in the token; here it is decided again for the bytes that will leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from models.errors import GatePayloadRefused, GateTokenExpired, GateTokenInvalid, PolicyDenied
from models.messages import Lowering
from router.gate.opaque import PICTURE, holds_picture
from router.gate.payload import read_payload
from router.gate.token import TTL_S, Claims, GateKeys, unseal
from router.label import Label, label_from_json
from router.ledger.mac import payload_mac
from router.policy import Policy, Subject

# Clocks of two machines may differ by this much before a token counts as one from the future.
SKEW_S = 2.0


class Leaving(Subject, Protocol):
    """What the gate must know of a model outside; a ModelCard is one."""

    @property
    def vendor_model(self) -> str | None:
        """The name under which the provider knows it."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for exactly these bytes, once.

    `rule` is the line of the policy that allowed it, and `policy_digest` names that policy.
    """

    claims: Claims
    label: Label
    rule: str
    policy_digest: str
    payload: bytes = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def check(
    token: str,
    payload: bytes,
    *,
    keys: GateKeys,
    tenant: str,
    policy: Policy,
    card: Leaving,
    fields: frozenset[str],
    now: float,
) -> Permit:
    """Leave for `payload` to go to `card`; `now` is seconds since the epoch.

    The router decided by the policy that the token names, and here `policy` decides: when the two
    differ, as during a swap, both must let it pass. Raises GateTokenInvalid, GateTokenExpired,
    GatePayloadRefused or PolicyDenied. Whether the token was used before is for
    `router.gate.spent` to say.
    """
    claims = unseal(keys, token)
    _check_time(claims, now)
    if (claims.tenant, claims.model) != (tenant, card.id):
        raise GateTokenInvalid("The gate's token was made for another tenant or model.")
    if claims.payload_mac != payload_mac(keys.payload, tenant, payload):
        raise GatePayloadRefused("The bytes to send are not those that were decided on.")
    label = label_from_json(claims.label)
    if not label.tenants <= {tenant}:
        raise GateTokenInvalid("The gate's token is for data of another tenant.")
    _check_lowering(claims.lowering, label, policy)
    rule = _allowed(policy, card, label, now)
    body = read_payload(payload, fields, card.vendor_model or card.id)
    if holds_picture(body):
        _allowed(policy, card, label.join(policy.source(PICTURE, tenant)), now)
    return Permit(claims, label, rule, policy.digest, payload, body)


def _allowed(policy: Policy, card: Leaving, label: Label, now: float) -> str:
    """The rule that allows it; raises PolicyDenied."""
    verdict = policy.eligible(card, label, now)
    if not verdict.ok:
        raise PolicyDenied(
            f"The gate: rule {verdict.rule} keeps this data from {card.id}: {verdict.reason}.",
            param="model",
        )
    return verdict.rule


def _check_lowering(lowering: Lowering | None, label: Label, policy: Policy) -> None:
    """A label that a declassifier made counts only as far as this policy approves of it."""
    if lowering is None:
        return
    before = label_from_json(lowering.label)
    if policy.declassified(lowering.declassifier, before, label) is None:
        raise PolicyDenied(
            f"The gate: rule declassifiers.{lowering.declassifier} does not let this data be sent"
            " with pseudonyms.",
            param="model",
        )


def _check_time(claims: Claims, now: float) -> None:
    if now >= claims.expires:
        raise GateTokenExpired("The request waited too long at the gate; send it again.")
    if claims.issued > now + SKEW_S or claims.expires - claims.issued > TTL_S:
        raise GateTokenInvalid("The gate's token is from the future or too long-lived.")
