"""Acts of administration as records: who may do what, and which policy is in force."""

from __future__ import annotations

from router.key_limits import KeyLimits
from router.keys import KeyRecord
from router.ledger.record import Record


def key_created(key: KeyRecord) -> Record:
    """A key is about to be made; neither its secret nor its name is written."""
    return Record(
        kind="admin",
        tenant=key.tenant,
        at=key.created,
        fields={
            "act": "key_created",
            "key_id": key.id,
            "scopes": sorted(scope.value for scope in key.scopes),
            "floor": key.floor.name,
            "expires": key.expires,
        },
    )


def key_revoked(tenant: str, key_id: str, at: float) -> Record:
    """A key is about to stop verifying."""
    return Record("admin", tenant, at, {"act": "key_revoked", "key_id": key_id})


def tenant_limited(tenant: str, limits: KeyLimits, at: float) -> Record:
    """What all keys of a tenant may use together is about to be set."""
    # As text: nano-dollars may be more than a JSON number holds everywhere.
    budgets = [[one.unit.value, one.window.value, str(one.limit)] for one in limits.budgets]
    fields = {"act": "tenant_limited", "rpm": limits.rpm, "tpm": limits.tpm, "budgets": budgets}
    return Record("admin", tenant, at, fields)


def not_done(act: Record, at: float) -> Record:
    """An act that was written down and then did not happen."""
    fields = {"act": "not_done", "of": act.id, "was": act.fields["act"]}
    return Record("admin", act.tenant, at, fields)


def policy_applied(digest: str, at: float) -> Record:
    """The policy of that digest is in force from now on; each gateway writes it at its start."""
    return Record("admin", "", at, {"act": "policy_applied", "policy_digest": digest})


def home_restored(made: float, at: float) -> Record:
    """The home was put back from a copy of the moment `made`: what came after it is lost here."""
    return Record("admin", "", at, {"act": "home_restored", "copy_made": made})
