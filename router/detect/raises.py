"""How far findings raise a label; nothing here can lower one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from router.detect.finding import PCI, PHI, PII, SECRET, TAINT
from router.detect.scan import Scan
from router.label import TOP, Integrity, Label, Level, join_all

DEFAULT_RULES: Mapping[str, Label] = {
    PII: Label(Level.CONFIDENTIAL, frozenset({PII})),
    PHI: Label(Level.RESTRICTED, frozenset({PII, PHI})),
    PCI: Label(Level.RESTRICTED, frozenset({PII, PCI})),
    SECRET: Label(Level.RESTRICTED, frozenset({SECRET})),
    TAINT: Label(integrity=Integrity.UNTRUSTED),
    # Names a purchase: who made it, only our own records tell.
    "ORDER": Label(Level.INTERNAL),
}


@dataclass(frozen=True, slots=True)
class Raises:
    """What findings make of a label; `rules` by a finding's type, or else by its category.

    `only` are the categories looked for, None for all. A finding that no rule names, and a scan
    that is not complete, have the top whatever is looked for.
    """

    rules: Mapping[str, Label] = field(default_factory=lambda: DEFAULT_RULES)
    only: frozenset[str] | None = None

    def label(self, scan: Scan) -> Label:
        """The label to join with that of the text's source."""
        if not scan.complete:
            return TOP
        kinds = {(one.type, one.category) for one in scan.findings if self._counts(one.category)}
        return join_all(
            self.rules.get(type_, self.rules.get(category, TOP)) for type_, category in kinds
        )

    @property
    def digest(self) -> str:
        """Equal for those that raise alike."""
        rules = {name: one.as_dict() for name, one in self.rules.items()}
        only = None if self.only is None else sorted(self.only)
        return hashlib.sha256(json.dumps([rules, only], sort_keys=True).encode()).hexdigest()

    def _counts(self, category: str) -> bool:
        return self.only is None or category in self.only


def raised(scan: Scan, rules: Mapping[str, Label] = DEFAULT_RULES) -> Label:
    """What every finding raises to, under `rules`."""
    return Raises(rules).label(scan)
