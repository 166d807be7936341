"""The gate's token: what the router decided about one payload, under a MAC.

HMAC-SHA256 (RFC 2104) over canonical JSON, so that no field can be altered; the router's side and
the gate share the key, clients and other replicas don't have it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from models.errors import GateTokenInvalid
from models.messages import Lowering
from router.ledger.mac import derived_key, payload_key

TTL_S = 30.0
NONCE_BYTES = 16
_VERSION = "g1"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Times are seconds since the epoch, `label` is canonical JSON."""

    request_id: str
    decision_id: str
    tenant: str
    step: str
    model: str
    payload_mac: str
    label: str
    policy_digest: str
    issued: float
    expires: float
    nonce: str
    lowering: Lowering | None = None


_NAMES = frozenset(one.name for one in fields(Claims))


@dataclass(frozen=True, slots=True)
class GateKeys:
    """The secrets that the router's side and the gate share, 32 bytes each."""

    token: bytes = field(repr=False)
    payload: bytes = field(repr=False)


def gate_keys(secret: bytes) -> GateKeys:
    """The keys, derived from the home's secret; payload MACs are those of the ledger."""
    return GateKeys(derived_key(secret, b"podium egress gate token v1"), payload_key(secret))


def seal(keys: GateKeys, claims: Claims) -> str:
    """The token of these claims."""
    said = {name: getattr(claims, name) for name in _NAMES}
    if claims.lowering is not None:
        said["lowering"] = asdict(claims.lowering)
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    body = base64.urlsafe_b64encode(text.encode()).decode()
    return f"{_VERSION}.{body}.{_mac(keys, body)}"


def unseal(keys: GateKeys, token: str) -> Claims:
    """The claims of a token made with `keys`; raises GateTokenInvalid for anything else."""
    version, _, rest = token.partition(".")
    body, _, mac = rest.partition(".")
    if version != _VERSION or not hmac.compare_digest(_mac(keys, body).encode(), mac.encode()):
        raise GateTokenInvalid("The gate's token is not one this Podium made.")
    return _claims(base64.urlsafe_b64decode(body))


def _mac(keys: GateKeys, body: str) -> str:
    return hmac.new(keys.token, f"{_VERSION}.{body}".encode(), hashlib.sha256).hexdigest()


def _claims(text: bytes) -> Claims:
    data = json.loads(text)
    if set(data) != _NAMES:
        raise GateTokenInvalid("The gate's token is of another release; start Podium again.")
    return Claims(**data | {"lowering": _lowering(data["lowering"])})


def _lowering(data: Any) -> Lowering | None:
    if data is None:
        return None
    counts = tuple((str(type_), int(count)) for type_, count in data["counts"])
    return Lowering(str(data["declassifier"]), str(data["label"]), counts)
