"""Labels under a MAC: what crosses to another process or comes back from disk cannot be lowered.

HMAC-SHA256 (RFC 2104) over the label's canonical JSON and the digest of the data it is about, so
that neither can be exchanged for another. Whoever opens a seal has the label or the top.
"""

from __future__ import annotations

import hashlib
import hmac

from router.label import TOP, Label, label_from_json
from router.ledger.mac import derived_key

_VERSION = "l1"
_PURPOSE = b"podium label seal v1"
# No key has a tenant of this name: whose the data is cannot be known, so no tenant may have it.
NOBODYS = TOP.join(Label(tenants=frozenset({"?"}))).to_json()


def seal_key(secret: bytes) -> bytes:
    """The key of label seals, from the home's secret: 32 bytes."""
    return derived_key(secret, _PURPOSE)


def digest_of(content: bytes) -> str:
    """The digest by which a seal names the data, SHA-256 in hex digits."""
    return hashlib.sha256(content).hexdigest()


def sealed(label: Label, digest: str, key: bytes) -> str:
    """The label's text for data of that digest: `l1.MAC.JSON`."""
    text = label.to_json()
    return f"{_VERSION}.{_mac(text, digest, key)}.{text}"


def opened(text: str, digest: str, key: bytes) -> Label:
    """The label sealed for data of that digest; TOP for anything unreadable or altered."""
    version, _, rest = text.partition(".")
    mac, _, label = rest.partition(".")
    expected = _mac(label, digest, key)
    given = mac.encode(errors="replace")
    if version != _VERSION or not hmac.compare_digest(expected.encode(), given):
        return TOP
    return label_from_json(label)


class LabelSeals:
    """Seals on labels as canonical JSON text, for whoever keeps or sends them so."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, label: str, digest: str) -> str:
        """The seal of that label on the data of that digest."""
        return f"{_VERSION}.{_mac(label, digest, self._key)}"

    def believed(self, label: str, seal: str, digest: str) -> str:
        """The label if the seal is its own on that data, else the top's, which is of nobody."""
        expected = self.seal(label, digest).encode(errors="replace")
        return label if hmac.compare_digest(expected, seal.encode(errors="replace")) else NOBODYS


def _mac(text: str, digest: str, key: bytes) -> str:
    # The digest goes first with its length: no part of one can be read as part of the other.
    parts = (digest.encode(errors="replace"), text.encode(errors="replace"))
    message = b"%s:%d:%s%s" % (_VERSION.encode(), len(parts[0]), *parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()
