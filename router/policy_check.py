"""Static checks over a whole policy file: what contradicts itself, what can never matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from models.errors import InvalidConfig
from router.label import ALL_CATEGORIES, Label
from router.policy_check_rules import wrong_declassifiers, wrong_denials
from router.policy_document import PolicyFile
from router.policy_fault import Fault
from router.policy_rows import ClearanceRow
from router.policy_subject import LOCAL


class _Named(NamedTuple):
    field: str
    categories: Iterable[str]


def check_file(row: PolicyFile, source: str) -> None:
    """Raises InvalidConfig for the first fault, naming the field and what to do."""
    for check in _CHECKS:
        for fault in check(row):
            raise InvalidConfig(f"{source}: {fault.field}: {fault.why}", param=fault.field)


def _unknown_categories(row: PolicyFile) -> Iterator[Fault]:
    known = ALL_CATEGORIES | set(row.categories)
    for field, names in _categories(row):
        unknown = sorted(set(names) - known)
        if unknown:
            yield Fault(
                field,
                f"{', '.join(unknown)} is no known category; add it to `categories` or mend the"
                " name.",
            )


def _categories(row: PolicyFile) -> Iterator[_Named]:
    """Every place where the file names categories."""
    for name, source in row.sources.items():
        yield _Named(f"sources.{name}.categories", source.categories)
    groups = {"sites": row.sites, "models": row.models, "sinks": row.sinks}
    for group, rows in groups.items():
        for name, place in rows.items():
            yield _Named(f"{group}.{name}.categories", _listed(place))
    for name, raised in (row.detectors.raises or {}).items():
        yield _Named(f"detectors.raises.{name}.categories", raised.categories)
    for name, denial in row.deny.items():
        yield _Named(f"deny.{name}.when.categories", denial.when.categories or ())
    for name, one in row.declassifiers.items():
        yield _Named(f"declassifiers.{name}.removes", (r for r in one.removes if r.islower()))
        yield _Named(f"declassifiers.{name}.never", one.never)


def _listed(place: ClearanceRow) -> Iterable[str]:
    return () if place.categories == "all" else place.categories


def _secrets_outside(row: PolicyFile) -> Iterator[Fault]:
    """Nothing outside is ever cleared for secrets."""
    for name, site in row.sites.items():
        if name != LOCAL and (site.categories == "all" or "secret" in site.categories):
            yield Fault(f"sites.{name}.categories", "a remote site must not be cleared for secret.")


def _idle_detectors(row: PolicyFile) -> Iterator[Fault]:
    for name, raised in (row.detectors.raises or {}).items():
        field = f"detectors.raises.{name}"
        if raised.label() == Label():
            yield Fault(field, "it raises nothing; say a level or categories.")
        elif name in ALL_CATEGORIES and name not in raised.categories:
            yield Fault(f"{field}.categories", f"a finding of {name} must raise {name} itself.")


def _blind_sources(row: PolicyFile) -> Iterator[Fault]:
    """Every source is looked through for secrets."""
    for name, source in row.sources.items():
        if source.detect is not None and "secret" not in source.detect:
            yield Fault(f"sources.{name}.detect", "secrets are always looked for; add `secret`.")


def _lost_retention(row: PolicyFile) -> Iterator[Fault]:
    for name in row.retention:
        if name not in row.sinks:
            yield Fault(f"retention.{name}", "there is no such sink; see `sinks`.")


_CHECKS: tuple[Callable[[PolicyFile], Iterator[Fault]], ...] = (
    _unknown_categories,
    _secrets_outside,
    _idle_detectors,
    _blind_sources,
    wrong_denials,
    wrong_declassifiers,
    _lost_retention,
)
