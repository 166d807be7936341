"""No widening without two approvals: what must stand in a policy that replaces another.

The names are as good as the file they stand in: Podium checks that there are two, that they are
different, and that they are over exactly this change. Who may write the file is for the review of
the repository it lives in to say.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from models.errors import InvalidConfig
from router.policy import Policy
from router.policy_diff import PolicyDiff, diff
from router.policy_subject import Subject

NEEDED = 2
_NOBODY = ("first approver", "second approver")


def change_digest(old: Policy, new: Policy) -> str:
    """Of the policy that is replaced and of all that the new one says but for its approvals."""
    return hashlib.sha256(f"podium policy\n{old.digest}\n{new.meaning}\n".encode()).hexdigest()


def missing_approval(old: Policy, new: Policy) -> str | None:
    """Why `new` does not carry two approvals of this very change; None when it does."""
    given = new.approvals
    if given is None:
        return "it has no `approvals`"
    if given.replaces != old.digest:
        return "its approvals are for replacing another policy"
    if given.change != change_digest(old, new):
        return "it was changed after it was approved"
    if any(_person(name) in _NOBODY for name in given.by):
        return "its approvals have no names yet, only the words that `podium policy diff` prints"
    if len({_person(name) for name in given.by}) < NEEDED:
        return "it needs the names of two different people"
    return None


def check_change(
    old: Policy, new: Policy, cards: Iterable[Subject] = (), source: str = "policy.yaml"
) -> PolicyDiff:
    """What the change means; raises InvalidConfig when it widens and is not approved by two."""
    found = diff(old, new, cards)
    why = missing_approval(old, new) if found.widening else None
    if why is not None:
        raise InvalidConfig(
            f"{source}: approvals: it lets through more than the policy in force"
            f" ({found.widening[0].rstrip('.')}), and {why}. `podium policy diff` prints what to"
            " approve.",
            param="approvals",
        )
    return found


def approvals_block(old: Policy, new: Policy) -> str:
    """The lines that two approvers add to the file, their names left to them."""
    return (
        f"approvals:\n  replaces: {old.digest}\n  change: {change_digest(old, new)}\n"
        f"  by: [{', '.join(_NOBODY)}]\n"
    )


def _person(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
