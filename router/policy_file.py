"""Reading policy.yaml: strict YAML, no unknown field, and checks over the whole file."""

from __future__ import annotations

import hashlib
import json
from importlib import resources

from models import strict_yaml
from router.detect.raises import DEFAULT_RULES
from router.label import Integrity, Label, Level
from router.policy import Policy
from router.policy_check import check_file
from router.policy_document import PolicyFile
from router.policy_rows import (
    OUTSIDE,
    ActionRow,
    ApprovalsRow,
    DeclassifierRow,
    DenyRow,
    DetectorsRow,
)
from router.policy_rules import ActionRule, Approvals, DeclassifierRule, DenyRule, When

DEFAULT = "policy.yaml"
MAX_BYTES = 256 * 1024


def load_policy(text: str | bytes, source: str = DEFAULT) -> Policy:
    """The policy in a file's text; raises InvalidConfig whose `param` names the field at fault."""
    row = strict_yaml.parse(PolicyFile, strict_yaml.load(text, source, MAX_BYTES), source)
    check_file(row, source)
    raw = text if isinstance(text, bytes) else text.encode()
    sources = {name: one.label() for name, one in row.sources.items()}
    return Policy(
        version=row.version,
        digest=hashlib.sha256(raw).hexdigest(),
        sources=sources,
        sites={name: one.clearance() for name, one in row.sites.items()},
        sinks={name: one.clearance() for name, one in row.sinks.items()},
        models={name: one.clearance() for name, one in row.models.items()},
        deny=tuple(_deny(name, one, sources) for name, one in row.deny.items()),
        detectors=_raises(row.detectors),
        detect={n: frozenset(r.detect) for n, r in row.sources.items() if r.detect is not None},
        declassifiers={name: _declassifier(name, r) for name, r in row.declassifiers.items()},
        actions={name: _action(name, one) for name, one in row.actions.items()},
        retention={name: one.days for name, one in row.retention.items()},
        approvals=_approvals(row.approvals),
        meaning=_meaning(row),
    )


def default_policy() -> Policy:
    """The policy that ships with Podium."""
    return load_policy(default_text())


def default_text() -> bytes:
    """The file that ships with Podium."""
    return resources.files("router").joinpath("policies", DEFAULT).read_bytes()


def _deny(name: str, row: DenyRow, sources: dict[str, Label]) -> DenyRule:
    when = row.when
    return DenyRule(
        name,
        When(
            level=Level[when.level or "PUBLIC"],
            categories=_names(when.categories),
            tenants=_names(when.tenants),
            regions=_names(when.regions),
            sources=tuple(sources[one] for one in when.source) if when.source else None,
        ),
        models=frozenset(row.models or ()),
        sites=frozenset(() if row.sites in (None, OUTSIDE) else row.sites or ()),
        outside=row.sites == OUTSIDE,
    )


def _names(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _raises(row: DetectorsRow) -> dict[str, Label]:
    """The file's own raises over the built-in ones."""
    own = {name: one.label() for name, one in (row.raises or {}).items()}
    return {**DEFAULT_RULES, **own}


def _declassifier(name: str, row: DeclassifierRow) -> DeclassifierRule:
    return DeclassifierRule(
        name,
        categories=frozenset(one for one in row.removes if one.islower()),
        types=frozenset(one for one in row.removes if not one.islower()),
        highest=Level[row.lowers.highest] if row.lowers else Level.RESTRICTED,
        lowest=Level[row.lowers.lowest] if row.lowers else Level.RESTRICTED,
        never=frozenset(row.never) | {"secret"},
        recall=row.recall_required,
        measured=row.recall_measured,
        approved=row.approved,
    )


def _action(name: str, row: ActionRow) -> ActionRule:
    return ActionRule(name, Integrity[row.integrity], row.approvals)


def _approvals(row: ApprovalsRow | None) -> Approvals | None:
    return None if row is None else Approvals(row.replaces, row.change, tuple(row.by))


def _meaning(row: PolicyFile) -> str:
    said = row.model_dump(mode="json", exclude={"approvals"}, by_alias=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
