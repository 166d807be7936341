"""An act that a run wants done: its exact arguments, under which label, and where it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.tools import Plain
from router.label import Label

# `waiting` for people, `approved` by them and not yet done, `acting` while it is done. `unknown`
# is an act that was under way when Podium stopped, by a tool that must not be asked twice.
ActStatus = Literal[
    "waiting", "approved", "acting", "done", "failed", "rejected", "expired", "unknown"
]
OPEN: tuple[ActStatus, ...] = ("waiting", "approved", "acting")


@dataclass(frozen=True, slots=True)
class Act:
    """One act; times are seconds since the epoch.

    `needed` is how many people must agree, `approvals` are the ids of the keys that did, `key_id`
    is whose run wanted it. `arguments` are forgotten when it ends; `digest` of them stays.
    """

    id: str
    tenant: str
    run_id: str
    step: str
    action: str
    arguments: Mapping[str, Plain] | None = field(repr=False)
    label: Label
    digest: str
    needed: int
    created: float
    expires: float
    policy_digest: str = ""
    key_id: str = ""
    request_id: str = ""
    status: ActStatus = "waiting"
    approvals: tuple[str, ...] = ()
    error_code: str | None = None

    @property
    def key(self) -> str:
        """What names it for good; a tool does it once for this."""
        return f"{self.tenant}/{self.run_id}/{self.step}"

    def seen(self, now: float) -> ActStatus:
        """Its status now: waiting ends with its time."""
        return "expired" if self.status == "waiting" and now >= self.expires else self.status

    def facts(self) -> dict[str, Any]:
        """What may be told of it anywhere: no content."""
        return {
            "act_id": self.id,
            "action": self.action,
            "step": self.step,
            "label": self.label.public(),
            "digest": self.digest,
            "policy_digest": self.policy_digest,
            "asked_by": self.key_id,
        }


def digest_of(action: str, arguments: Mapping[str, Plain]) -> str:
    """SHA-256, in hex, of the act and its exact arguments in canonical JSON."""
    text = json.dumps([action, dict(arguments)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
