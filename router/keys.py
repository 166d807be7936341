"""API keys: `pk_<tenant>_<id>_<secret>`, kept only as an HMAC under the home's own secret.

A stolen database alone verifies nothing, for the secret lies in a file beside it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from models.errors import AuthenticationFailed, InvalidConfig, InvalidRequest, PermissionDenied
from router.key_limits import UNLIMITED, KeyLimits
from router.label import Level

KEY_PATTERN = re.compile(
    r"^pk_(?P<tenant>[a-z0-9-]{1,32})_(?P<id>[A-Za-z0-9]{4,16})_(?P<secret>[A-Za-z0-9]{32,})$"
)
TENANT_PATTERN = re.compile(r"^[a-z0-9-]{1,32}$")
MAX_KEY_LENGTH = 512
ID_LENGTH = 8
SECRET_LENGTH = 40
_ALPHABET = string.ascii_letters + string.digits

RandomText = Callable[[int], str]


class Scope(StrEnum):
    """What a key may do; `admin` includes all the others."""

    ADMIN = "admin"
    APPROVE = "approve"
    INFER = "infer"
    READ = "read"
    WRITE = "write"


DEFAULT_SCOPES = frozenset({Scope.INFER, Scope.READ})

# The floor of a key of which nobody said more.
USUAL_FLOOR = Level.INTERNAL


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the clear: shown once to the one who asked for it, never stored or logged."""

    tenant: str
    id: str
    secret: str

    def __str__(self) -> str:
        return f"pk_{self.tenant}_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"Key(tenant={self.tenant!r}, id={self.id!r})"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is stored of a key; times are seconds since the epoch, None for never.

    `floor` is the least level of any text that comes in with this key, `models` the names it may
    ask for, None for all. `tenant_limits` are those of all keys of the tenant together.
    """

    tenant: str
    id: str
    mac: bytes
    scopes: frozenset[Scope]
    floor: Level
    created: float
    expires: float | None = None
    revoked: float | None = None
    name: str = ""
    models: frozenset[str] | None = None
    limits: KeyLimits = UNLIMITED
    tenant_limits: KeyLimits = UNLIMITED

    def alive(self, now: float) -> bool:
        """Whether the key is neither revoked nor past its time."""
        if self.revoked is not None and self.revoked <= now:
            return False
        return self.expires is None or now < self.expires


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as a verified key tells."""

    tenant: str
    key_id: str
    scopes: frozenset[Scope]
    floor: Level = USUAL_FLOOR
    models: frozenset[str] | None = None
    limits: KeyLimits = UNLIMITED
    tenant_limits: KeyLimits = UNLIMITED

    def allows(self, scope: Scope) -> bool:
        """Whether the key carries `scope`, or admin, which has them all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise PermissionDenied naming the scope that is missing."""
        if not self.allows(scope):
            raise PermissionDenied(
                f"This key lacks the scope '{scope}'. Ask an administrator for a key that has it."
            )

    def may_use(self, model: str) -> bool:
        """Whether the key may ask for this model or pipeline by name."""
        return self.models is None or model in self.models

    def require_model(self, model: str) -> None:
        """Raise PermissionDenied naming the model that the key may not ask for."""
        if not self.may_use(model):
            raise PermissionDenied(
                f"This key may not use '{model}'. GET /v1/models lists what it may use; ask an"
                " administrator for a key that may use more.",
                param="model",
            )


def parse_key(text: str) -> Key | None:
    """The parts of `text`, or None when it is no key."""
    if len(text) > MAX_KEY_LENGTH:
        return None
    found = KEY_PATTERN.fullmatch(text)
    return Key(found["tenant"], found["id"], found["secret"]) if found else None


def adopted_key(text: str) -> Key:
    """The key an operator brings along in PODIUM_API_KEY; InvalidConfig when it has another form.

    The message never repeats the value: it may be a secret of another service.
    """
    key = parse_key(text)
    if key is None:
        raise InvalidConfig(
            "PODIUM_API_KEY does not have the form of a Podium key. Give it the form "
            "pk_<tenant>_<id>_<secret> (a secret of 32 or more letters and digits), or unset it "
            "to have one made.",
            param="PODIUM_API_KEY",
        )
    return key


def random_text(length: int) -> str:
    """`length` letters and digits from the system's randomness."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def check_tenant(tenant: str) -> None:
    """Raise InvalidRequest for what cannot be a tenant's name."""
    if not TENANT_PATTERN.fullmatch(tenant):
        raise InvalidRequest(
            "A tenant's name has 1 to 32 lower-case letters, digits and dashes.", param="tenant"
        )


def mint_key(tenant: str, draw: RandomText = random_text) -> Key:
    """A new key for `tenant`."""
    check_tenant(tenant)
    return Key(tenant, draw(ID_LENGTH), draw(SECRET_LENGTH))


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names; InvalidRequest lists the known ones."""
    known = {scope.value: scope for scope in Scope}
    wanted = frozenset(names)
    if not wanted or not wanted <= known.keys():
        raise InvalidRequest(f"Scopes are one or more of: {', '.join(known)}.", param="scopes")
    return frozenset(known[name] for name in wanted)


def key_mac(pepper: bytes, key: Key) -> bytes:
    """HMAC-SHA256 of the whole key under the home's secret: 32 bytes."""
    return hmac.new(pepper, str(key).encode(), hashlib.sha256).digest()


def verify_key(pepper: bytes, key: Key, record: KeyRecord | None, now: float) -> Principal:
    """Who holds `key`; AuthenticationFailed says the same for every way to be wrong.

    An unknown key costs the same comparison as a known one, so timing tells neither apart.
    """
    stored = record.mac if record is not None else bytes(hashlib.sha256().digest_size)
    matches = hmac.compare_digest(key_mac(pepper, key), stored)
    if record is None or not matches or not record.alive(now):
        raise bad_key()
    return Principal(
        record.tenant,
        record.id,
        record.scopes,
        record.floor,
        record.models,
        record.limits,
        record.tenant_limits,
    )


def bad_key() -> AuthenticationFailed:
    """The one answer to every key that is not good."""
    return AuthenticationFailed(
        "The API key is missing, unknown, expired or revoked. Send a valid one as "
        "'Authorization: Bearer pk_…' or 'x-api-key'."
    )
