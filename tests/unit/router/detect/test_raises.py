"""Findings raise a label by the policy's rows, and what no row names has the top."""

from __future__ import annotations

from router.detect.finding import Finding
from router.detect.raises import DEFAULT_RULES, Raises, raised
from router.detect.scan import Scan
from router.label import LEAST, TOP, Integrity, Label, Level


def found(*kinds: tuple[str, str]) -> Scan:
    return Scan(tuple(Finding(t, c, 0, 1, "d", False) for t, c in kinds), True)


def test_a_clean_scan_raises_nothing() -> None:
    assert raised(found()) == LEAST


def test_each_category_has_its_default() -> None:
    assert raised(found(("EMAIL", "pii"))) == Label(Level.CONFIDENTIAL, frozenset({"pii"}))
    both = raised(found(("EMAIL", "pii"), ("AWS_KEY", "secret")))
    assert both == Label(Level.RESTRICTED, frozenset({"pii", "secret"}))
    assert set(DEFAULT_RULES) == {"pii", "phi", "pci", "secret", "taint", "ORDER"}


def test_a_row_for_the_type_goes_before_that_of_the_category() -> None:
    rules = dict(DEFAULT_RULES) | {"IP": Label(Level.INTERNAL)}
    assert raised(found(("IP", "pii")), rules) == Label(Level.INTERNAL)
    assert raised(found(("EMAIL", "pii")), rules).level is Level.CONFIDENTIAL


def test_what_no_row_names_and_what_was_not_read_have_the_top() -> None:
    assert raised(found(("EMAIL", "pii")), {}) == TOP
    assert raised(Scan((), complete=False)) == TOP


def test_a_sign_of_injection_makes_a_text_untrusted_and_no_more_secret() -> None:
    assert raised(found(("OVERRIDE", "taint"))) == Label(integrity=Integrity.UNTRUSTED)


def test_an_order_number_alone_is_nobodys() -> None:
    assert raised(found(("ORDER", "pii"))) == Label(Level.INTERNAL)
    both = raised(found(("ORDER", "pii"), ("EMAIL", "pii")))
    assert both == Label(Level.CONFIDENTIAL, frozenset({"pii"}))


def test_only_what_is_looked_for_raises() -> None:
    seen = found(("PHONE", "pii"), ("CARD", "pci"))
    assert Raises().label(seen).categories == {"pii", "pci"}
    assert Raises(only=frozenset({"secret"})).label(seen) == LEAST
    assert Raises(only=frozenset({"secret", "pci"})).label(seen) == DEFAULT_RULES["pci"]


def test_a_broken_scan_is_the_top_whatever_is_looked_for() -> None:
    assert Raises(only=frozenset()).label(Scan((), complete=False)) == TOP


def test_those_that_raise_alike_have_one_digest() -> None:
    digests = {Raises().digest, Raises(only=frozenset({"pci"})).digest, Raises({}).digest}
    assert len(digests) == 3 and Raises(dict(DEFAULT_RULES)).digest in digests
