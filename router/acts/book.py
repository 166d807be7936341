"""What State does for acts, without the deployment: who agreed, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from models.errors import Conflict, InvalidRequest, NotFound
from router.acts.act import Act, ActStatus
from router.acts.port import ActStore
from router.acts.records import act_agreed, act_asked, act_ended, act_intended, act_rejected
from router.ledger.port import AdminLog
from router.ledger.record import Record

MAX_LISTED = 500


class ActBook:
    """Thread-safe and synchronous; what people say stands in the ledger before it counts."""

    def __init__(
        self,
        store: ActStore,
        ledger: AdminLog | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    @classmethod
    def open(cls, database: Path, ledger: AdminLog | None = None) -> ActBook:
        """Over a database that is at the newest schema."""
        from router.store.engine import open_sqlite
        from router.store.sql_acts import SqlActStore

        return cls(SqlActStore(open_sqlite(database)), ledger)

    def ask(self, act: Act) -> None:
        """Keep an act until people have agreed; asked again it is the same one."""
        self._note(act_asked(act))
        self._store.add(act)

    def act(self, tenant: str, act_id: str) -> Act:
        """The act as it stands; another tenant's is not found."""
        found = self._store.find(tenant, act_id)
        if found is None:
            raise NotFound(f"There is no act '{act_id}'.", param="id")
        return replace(found, status=found.seen(self._clock()))

    def listed(self, tenant: str, limit: int = 50) -> Sequence[Act]:
        """The newest acts of a tenant, without their arguments."""
        if not 1 <= limit <= MAX_LISTED:
            raise InvalidRequest(f"'limit' is 1 to {MAX_LISTED}.", param="limit")
        now = self._clock()
        return [replace(one, status=one.seen(now)) for one in self._store.of_tenant(tenant, limit)]

    def approve(self, tenant: str, act_id: str, key_id: str, needed: int) -> Act:
        """One key's yes; the act is `approved` once so many different keys have said it.

        Raises Conflict when the act does not wait any more.
        """
        act = self._waiting(tenant, act_id)
        needed = max(act.needed, needed)
        if key_id not in act.approvals:
            self._note(act_agreed(act, key_id, needed, self._clock()))
            self._store.agree(act, key_id, needed, self._clock())
        return self.act(tenant, act_id)

    def reject(self, tenant: str, act_id: str, key_id: str) -> Act:
        """One key's no, which ends it; raises Conflict when the act does not wait any more."""
        act = self._waiting(tenant, act_id)
        self._note(act_rejected(act, key_id, self._clock()))
        if not self._store.move(act, "waiting", "rejected", self._clock()):
            raise _not_waiting(self.act(tenant, act_id))
        return self.act(tenant, act_id)

    def begin(self, act: Act) -> bool:
        """Whether the caller, and nobody else, is to do the act now.

        An act that needs nobody is kept first. The intent is durable before anybody may; of those
        who come at once all but one have written it for nothing.
        """
        if act.needed == 0:
            self._store.add(replace(act, status="approved"))
        if self.act(act.tenant, act.id).status != "approved":
            return False
        self._note(act_intended(act, self._clock()))
        return self._store.move(act, "approved", "acting", self._clock())

    def end(self, act: Act, status: ActStatus, error_code: str | None = None) -> None:
        """What became of an act that was begun; `approved` is that it is to be tried again."""
        self._store.move(act, "acting", status, self._clock(), error_code)
        if status != "approved":
            self._note(act_ended(act, status, error_code, self._clock()))

    def left_over(self, after_s: float) -> Sequence[Act]:
        """Acts that stand approved or begun for so long; those that waited too long are ended."""
        now = self._clock()
        for act in self._store.of_status("waiting", now):
            if act.seen(now) == "expired":
                self._store.move(act, "waiting", "expired", now)
        before = now - after_s
        return [*self._store.of_status("approved", before),
                *self._store.of_status("acting", before)]  # fmt: skip

    def _waiting(self, tenant: str, act_id: str) -> Act:
        act = self.act(tenant, act_id)
        if act.status != "waiting":
            raise _not_waiting(act)
        return act

    def _note(self, record: Record) -> None:
        if self._ledger is not None:
            self._ledger.note(record)


def _not_waiting(act: Act) -> Conflict:
    return Conflict(
        f"The act '{act.id}' does not wait for anybody: it is {act.status}.", param="id"
    )
