"""What the State deployment does, without the deployment: keys, runs, and the first admin key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import Conflict, InvalidRequest, NotFound
from router.key_limits import UNLIMITED, KeyLimits
from router.keys import (
    DEFAULT_SCOPES,
    USUAL_FLOOR,
    Key,
    KeyRecord,
    Principal,
    RandomText,
    Scope,
    adopted_key,
    bad_key,
    check_tenant,
    key_mac,
    mint_key,
    parse_key,
    random_text,
    verify_key,
)
from router.label import Level
from router.ledger.acts import key_created, key_revoked, not_done, tenant_limited
from router.ledger.port import AdminLog
from router.ledger.record import Record
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.ports import KeyStore, RunStore
from router.store.records import RunRecord
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore

FIRST_TENANT = "default"
MAX_RECENT = 500
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a new key may do; `expires` is seconds since the epoch."""

    tenant: str
    scopes: frozenset[Scope] = DEFAULT_SCOPES
    floor: Level = USUAL_FLOOR
    expires: float | None = None
    name: str = ""
    models: frozenset[str] | None = None
    limits: KeyLimits = UNLIMITED


class State:
    """Thread-safe and synchronous: each call is a query or two, and a write ends in an fsync."""

    def __init__(
        self,
        keys: KeyStore,
        runs: RunStore,
        pepper: bytes,
        *,
        clock: Callable[[], float] = time.time,
        draw: RandomText = random_text,
        admin: AdminLog | None = None,
    ) -> None:
        self._keys = keys
        self._runs = runs
        self._pepper = pepper
        self._clock = clock
        self._draw = draw
        self._admin = admin

    @classmethod
    def open(cls, database: Path, pepper: bytes, admin: AdminLog | None = None) -> State:
        """The state in the SQLite file `database`, brought to the newest schema.

        With `admin`, acts on keys and limits are written there before they are done.
        """
        engine = open_sqlite(database)
        upgrade(engine)
        return cls(SqlKeyStore(engine), SqlRunStore(engine), pepper, admin=admin)

    def create_key(self, wanted: NewKey) -> Key:
        """Make a key; the answer is the only place where its secret is ever seen."""
        if wanted.expires is not None and wanted.expires <= self._clock():
            raise InvalidRequest("The key would have expired already.", param="expires")
        key = mint_key(wanted.tenant, self._draw)
        record = self._record(key, wanted)
        if not self._do(key_created(record), lambda: self._keys.add(record)):
            raise Conflict("The key's id is taken. Try again.", param="id")
        return key

    def first_key(self, adopt: str | None = None) -> Key | None:
        """The first admin key of a fresh home, or None when the home has keys already.

        `adopt` is the value of PODIUM_API_KEY; with it that very key becomes the first.
        """
        key = adopted_key(adopt) if adopt else mint_key(FIRST_TENANT, self._draw)
        wanted = NewKey(key.tenant, frozenset({Scope.ADMIN}), name="first key")
        record = self._record(key, wanted)
        added = self._do(key_created(record), lambda: self._keys.add(record, only_if_empty=True))
        return key if added else None

    def verify(self, text: str) -> Principal:
        """Who holds the key `text`; AuthenticationFailed otherwise."""
        key = parse_key(text)
        if key is None:
            raise bad_key()
        found = self._keys.find(key.tenant, key.id)
        return verify_key(self._pepper, key, found[0] if found else None, self._clock())

    def list_keys(self, tenant: str | None = None) -> Sequence[KeyRecord]:
        """The records of every key, or of one tenant's, oldest first."""
        return self._keys.find(tenant)

    def revoke_key(self, tenant: str, key_id: str) -> None:
        """Stop the key from verifying from now on."""
        now = self._clock()
        if not self._keys.find(tenant, key_id) or not self._do(
            key_revoked(tenant, key_id, now), lambda: self._keys.revoke(tenant, key_id, now)
        ):
            raise NotFound(f"The tenant '{tenant}' has no key '{key_id}'.", param="id")

    def limit_tenant(self, tenant: str, limits: KeyLimits) -> None:
        """Set what all keys of a tenant may use together, in place of what was set before."""
        check_tenant(tenant)
        self._note(tenant_limited(tenant, limits, self._clock()))
        self._keys.limit_tenant(tenant, limits)

    def tenant_limits(self) -> Mapping[str, KeyLimits]:
        """The limits of every tenant that has some."""
        return self._keys.tenant_limits()

    def record_run(self, run: RunRecord) -> None:
        """Remember a run and its steps."""
        self._runs.save(run)

    def run(self, tenant: str, run_id: str) -> RunRecord:
        """A run of this tenant; another tenant's run is not found."""
        found = self._runs.find(tenant, run_id)
        if found is None:
            raise NotFound(f"There is no run '{run_id}'.", param="run_id")
        return found

    def recent_runs(self, tenant: str, limit: int = 50) -> Sequence[RunRecord]:
        """The newest runs of this tenant, newest first."""
        if not 1 <= limit <= MAX_RECENT:
            raise InvalidRequest(f"'limit' is 1 to {MAX_RECENT}.", param="limit")
        return self._runs.recent(tenant, limit)

    def _do(self, act: Record, done: Callable[[], bool]) -> bool:
        """Write the act down, then do it; what then did not happen is written down, too."""
        self._note(act)
        if done():
            return True
        self._note(not_done(act, self._clock()))
        return False

    def _note(self, act: Record) -> None:
        if self._admin is not None:
            self._admin.note(act)

    def _record(self, key: Key, wanted: NewKey) -> KeyRecord:
        return KeyRecord(
            tenant=key.tenant,
            id=key.id,
            mac=key_mac(self._pepper, key),
            scopes=_checked(wanted.scopes),
            floor=wanted.floor,
            created=self._clock(),
            expires=wanted.expires,
            name=_checked_name(wanted.name),
            models=wanted.models,
            limits=wanted.limits,
        )


def _checked(scopes: Iterable[Scope]) -> frozenset[Scope]:
    wanted = frozenset(scopes)
    if not wanted:
        raise InvalidRequest("A key needs at least one scope.", param="scopes")
    return wanted


def _checked_name(name: str) -> str:
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidRequest(
            f"A key's name has at most {MAX_NAME} printable characters.", param="name"
        )
    return name
