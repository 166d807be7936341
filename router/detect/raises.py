"""How far findings raise a label; nothing here can lower one."""

from __future__ import annotations

from collections.abc import Mapping

from router.detect.finding import PCI, PHI, PII, SECRET
from router.detect.scan import Scan
from router.label import TOP, Label, Level, join_all

DEFAULT_RULES: Mapping[str, Label] = {
    PII: Label(Level.CONFIDENTIAL, frozenset({PII})),
    PHI: Label(Level.RESTRICTED, frozenset({PII, PHI})),
    PCI: Label(Level.RESTRICTED, frozenset({PII, PCI})),
    SECRET: Label(Level.RESTRICTED, frozenset({SECRET})),
}


def raised(scan: Scan, rules: Mapping[str, Label] = DEFAULT_RULES) -> Label:
    """The label to join with that of the text's source.

    `rules` gives a label by a finding's type or else by its category; a finding that no rule
    names, and a scan that is not complete, have the top.
    """
    if not scan.complete:
        return TOP
    kinds = {(one.type, one.category) for one in scan.findings}
    return join_all(rules.get(type_, rules.get(category, TOP)) for type_, category in kinds)
