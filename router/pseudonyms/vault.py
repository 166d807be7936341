"""The vault of one session: which token stands for which value, and who may have it back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from router.label import Clearance, Label
from router.pseudonyms.sealed import KEY_BYTES, Entropy, seal, unseal
from router.pseudonyms.token import Token, genuine, keyed, mint

State = Literal["live", "gone", "foreign"]
Minting = Callable[[bytes, str, bytes, int], Token]
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """One token as the ledger may have it: no value, no subject."""

    token: str
    type: str
    label: Label
    uses: int
    live: bool


@dataclass(slots=True)
class _Entry:
    """`sealed` holds one copy for each subject the value belongs to."""

    token: Token
    digest: bytes
    label: Label
    expires: float | None
    sealed: dict[str, bytes] = field(default_factory=dict, repr=False)
    uses: int = 0


class Vault:
    """Tokens and values of one session of one tenant; for one event loop.

    `secret` keys ids and checks (random when none is given); every subject has a random key of
    its own, and values are held under it only. `ttl_s` bounds the life of an entry in seconds of
    `clock`, seconds since the epoch; a label that expires earlier ends it earlier. An id that was
    given out is never given out again.
    """

    def __init__(
        self,
        tenant: str,
        session: str,
        *,
        secret: bytes | None = None,
        ttl_s: float | None = None,
        clock: Callable[[], float] = time.time,
        entropy: Entropy = secrets.token_bytes,
        minting: Minting = mint,
    ) -> None:
        root = entropy(KEY_BYTES) if secret is None else secret
        self._key = keyed(root, b"pseudonyms", tenant.encode(), session.encode())
        self._own = Label(tenants=frozenset({tenant}))
        self._ttl_s = ttl_s
        self._clock = clock
        self._entropy = entropy
        self._mint = minting
        self._subjects: dict[str, bytearray] = {}
        self._by_id: dict[str, _Entry] = {}
        self._by_value: dict[bytes, _Entry] = {}
        self._retired: dict[str, Exported] = {}

    def issue(self, type_: str, value: str, label: Label, subject: str | None = None) -> Token:
        """The token of a value: the same for the same type and value as long as it lives.

        A value met again under another label has the join of both.
        """
        self.expire()
        digest = keyed(self._key, b"value", type_.encode(), _bytes(value))
        entry = self._by_value.get(digest)
        if entry is None:
            entry = self._new(type_, value, digest, subject or _NOBODY)
        entry.label = entry.label.join(label).join(self._own)
        entry.expires = self._ends(entry)
        entry.uses += 1
        self._hold(entry, value, subject or _NOBODY)
        return entry.token

    def state(self, token: Token) -> State:
        """`live`; `gone` when it was issued here and has expired or been erased; or `foreign`."""
        self.expire()
        entry = self._by_id.get(token.id)
        if entry is not None and entry.token == token:
            return "live"
        retired = self._retired.get(token.id)
        return "gone" if retired is not None and retired.type == token.type else "foreign"

    def reveal(self, token: Token, sink: Clearance) -> str | None:
        """The value, if the token lives here and the sink is cleared for its label."""
        self.expire()
        entry = self._by_id.get(token.id)
        if entry is None or entry.token != token or not genuine(self._key, token):
            return None
        if not entry.label.flows_to(sink, self._clock()):
            return None
        subject, sealed = next(iter(entry.sealed.items()))
        return unseal(bytes(self._subjects[subject]), sealed, token.text)

    def erase(self, subject: str) -> int:
        """Drop a subject's key and with it every value held for it alone; how many those were."""
        _wipe(self._subjects.pop(subject, bytearray()))
        for entry in self._by_id.values():
            entry.sealed.pop(subject, None)
        return self._retire(lambda entry: not entry.sealed)

    def expire(self) -> int:
        """Drop what has outlived its time; how many those were."""
        now = self._clock()
        return self._retire(lambda entry: entry.expires is not None and entry.expires <= now)

    def close(self) -> None:
        """Drop every value and key; the tokens stay known as gone."""
        for subject in list(self._subjects):
            self.erase(subject)

    def export(self) -> tuple[Exported, ...]:
        """Every token ever issued, for the ledger: frozen, without values and subjects."""
        live = (self._exported(entry, live=True) for entry in self._by_id.values())
        return tuple(sorted((*self._retired.values(), *live), key=lambda one: one.token))

    def _new(self, type_: str, value: str, digest: bytes, subject: str) -> _Entry:
        # The subject's random key goes in: once it is dropped, no guess can be tried on an id.
        material = keyed(bytes(self._subject_key(subject)), _bytes(value))
        attempt = 0
        token = self._mint(self._key, type_, material, attempt)
        while token.id in self._by_id or token.id in self._retired:
            attempt += 1
            token = self._mint(self._key, type_, material, attempt)
        entry = _Entry(token, digest, self._own, None)
        self._by_id[token.id] = self._by_value[digest] = entry
        return entry

    def _hold(self, entry: _Entry, value: str, subject: str) -> None:
        if subject not in entry.sealed:
            key = bytes(self._subject_key(subject))
            entry.sealed[subject] = seal(key, value, entry.token.text, self._entropy)

    def _subject_key(self, subject: str) -> bytearray:
        if subject not in self._subjects:
            self._subjects[subject] = bytearray(self._entropy(KEY_BYTES))
        return self._subjects[subject]

    def _ends(self, entry: _Entry) -> float | None:
        ends = [time for time in (entry.expires, entry.label.expires) if time is not None]
        if self._ttl_s is not None and entry.uses == 0:
            ends.append(self._clock() + self._ttl_s)
        return min(ends, default=None)

    def _retire(self, over: Callable[[_Entry], bool]) -> int:
        ended = [entry for entry in self._by_id.values() if over(entry)]
        for entry in ended:
            self._retired[entry.token.id] = self._exported(entry, live=False)
            del self._by_id[entry.token.id], self._by_value[entry.digest]
            entry.sealed.clear()
        return len(ended)

    def _exported(self, entry: _Entry, *, live: bool) -> Exported:
        token = entry.token
        label = replace(entry.label, subjects=frozenset())
        return Exported(token.text, token.type, label, entry.uses, live)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _wipe(key: bytearray) -> None:
    key[:] = bytes(len(key))
