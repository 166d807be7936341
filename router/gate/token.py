"""The gate's token: what the router decided about one payload, under a MAC.

HMAC-SHA256 (RFC 2104) over canonical JSON, so that no field can be altered; the router's side and
the gate share the key, clients and other replicas don't have it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, fields

from models.errors import GateTokenInvalid

TTL_S = 30.0
NONCE_BYTES = 16
_VERSION = "g1"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Times are seconds since the epoch, `label` is canonical JSON."""

    decision_id: str
    tenant: str
    step: str
    model: str
    payload_digest: str
    label: str
    policy_digest: str
    issued: float
    expires: float
    nonce: str


def gate_key(secret: bytes) -> bytes:
    """The key of tokens and payload digests, derived from the home's secret."""
    return hmac.new(secret, b"podium egress gate 1", hashlib.sha256).digest()


def payload_digest(key: bytes, payload: bytes) -> str:
    """A MAC, not a bare hash: short texts could be guessed from that. 64 hex digits."""
    return hmac.new(key, b"payload\0" + payload, hashlib.sha256).hexdigest()


def seal(key: bytes, claims: Claims) -> str:
    """The token of these claims."""
    text = json.dumps(asdict(claims), sort_keys=True, separators=(",", ":"))
    body = base64.urlsafe_b64encode(text.encode()).decode()
    return f"{_VERSION}.{body}.{_mac(key, body)}"


def unseal(key: bytes, token: str) -> Claims:
    """The claims of a token made with `key`; raises GateTokenInvalid for anything else."""
    version, _, rest = token.partition(".")
    body, _, mac = rest.partition(".")
    if version != _VERSION or not hmac.compare_digest(_mac(key, body).encode(), mac.encode()):
        raise GateTokenInvalid("The gate's token is not one this Podium made.")
    return _claims(base64.urlsafe_b64decode(body))


def _mac(key: bytes, body: str) -> str:
    return hmac.new(key, f"token\0{_VERSION}\0{body}".encode(), hashlib.sha256).hexdigest()


def _claims(text: bytes) -> Claims:
    data = json.loads(text)
    if set(data) != {field.name for field in fields(Claims)}:
        raise GateTokenInvalid("The gate's token is of another release; start Podium again.")
    return Claims(**data)
