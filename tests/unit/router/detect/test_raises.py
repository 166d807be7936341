"""Findings raise a label by the policy's rows, and what no row names has the top."""

from __future__ import annotations

from router.detect.finding import Finding
from router.detect.raises import DEFAULT_RULES, raised
from router.detect.scan import Scan
from router.label import LEAST, TOP, Label, Level


def found(*kinds: tuple[str, str]) -> Scan:
    return Scan(tuple(Finding(t, c, 0, 1, "d", False) for t, c in kinds), True)


def test_a_clean_scan_raises_nothing() -> None:
    assert raised(found()) == LEAST


def test_each_category_has_its_default() -> None:
    assert raised(found(("EMAIL", "pii"))) == Label(Level.CONFIDENTIAL, frozenset({"pii"}))
    both = raised(found(("EMAIL", "pii"), ("AWS_KEY", "secret")))
    assert both == Label(Level.RESTRICTED, frozenset({"pii", "secret"}))
    assert set(DEFAULT_RULES) == {"pii", "phi", "pci", "secret"}


def test_a_row_for_the_type_goes_before_that_of_the_category() -> None:
    rules = dict(DEFAULT_RULES) | {"IP": Label(Level.INTERNAL)}
    assert raised(found(("IP", "pii")), rules) == Label(Level.INTERNAL)
    assert raised(found(("EMAIL", "pii")), rules).level is Level.CONFIDENTIAL


def test_what_no_row_names_and_what_was_not_read_have_the_top() -> None:
    assert raised(found(("EMAIL", "pii")), {}) == TOP
    assert raised(Scan((), complete=False)) == TOP
