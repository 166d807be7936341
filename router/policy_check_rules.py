"""Static checks of denials and declassifiers: contradictions, and rules that can never decide."""

from __future__ import annotations

from collections.abc import Iterator

from router.label import Level
from router.policy_document import PolicyFile
from router.policy_fault import Fault
from router.policy_rows import OUTSIDE, DeclassifierRow, DenyRow, WhenRow
from router.policy_subject import LOCAL

_EVERYTHING = WhenRow(level="PUBLIC")


def wrong_denials(row: PolicyFile) -> Iterator[Fault]:
    """Denials of nothing, of nobody, of everything that is cleared, or said before."""
    before: dict[str, DenyRow] = {}
    for name, denial in row.deny.items():
        yield from _names_nothing(f"deny.{name}", denial, row)
        yield from _contradicts(f"deny.{name}", denial, row)
        for other, earlier in before.items():
            if _shadowed(denial, earlier):
                yield Fault(
                    f"deny.{name}",
                    f"it is never reached, for deny.{other} denies all that it does; remove one.",
                )
        before[name] = denial


def _names_nothing(field: str, denial: DenyRow, row: PolicyFile) -> Iterator[Fault]:
    if denial.when == WhenRow():
        yield Fault(f"{field}.when", "it needs a condition; `level: PUBLIC` is all data.")
    if denial.models is None and denial.sites is None:
        yield Fault(field, "it names neither `models` nor `sites`, so it never matters.")
    for source in denial.when.source or ():
        if source not in row.sources:
            yield Fault(f"{field}.when.source", f"there is no source {source}; see `sources`.")
    for site in () if denial.sites in (None, OUTSIDE) else denial.sites or ():
        if site not in row.sites:
            yield Fault(
                f"{field}.sites",
                f"the site {site} has no clearance and receives nothing anyway; see `sites`.",
            )


def _contradicts(field: str, denial: DenyRow, row: PolicyFile) -> Iterator[Fault]:
    """A model or our own site that is cleared in one place and denied everything in another."""
    if denial.when != _EVERYTHING:
        return
    if LOCAL in (denial.sites or ()):
        yield Fault(
            f"{field}.sites", "it denies all data to local, which sites.local clears; choose one."
        )
    for model in denial.models or ():
        if model in row.models:
            yield Fault(
                f"{field}.models",
                f"it denies all data to {model}, which models.{model} clears; choose one.",
            )


def _shadowed(denial: DenyRow, earlier: DenyRow) -> bool:
    sites = earlier.sites == OUTSIDE and LOCAL not in (denial.sites or ())
    if not sites and denial.sites != OUTSIDE and earlier.sites != OUTSIDE:
        sites = set(denial.sites or ()) <= set(earlier.sites or ())
    models = set(denial.models or ()) <= set(earlier.models or ())
    return sites and models and _implies(denial.when, earlier.when)


def _implies(when: WhenRow, other: WhenRow) -> bool:
    """Whether all data of one condition is data of the other."""
    if Level[when.level or "PUBLIC"] < Level[other.level or "PUBLIC"]:
        return False
    pairs = (
        (when.categories, other.categories),
        (when.tenants, other.tenants),
        (when.regions, other.regions),
        (when.source, other.source),
    )
    return all(b is None or (a is not None and set(a) <= set(b)) for a, b in pairs)


def wrong_declassifiers(row: PolicyFile) -> Iterator[Fault]:
    """Declassifiers that contradict themselves, do nothing, or are approved unmeasured."""
    for name, one in row.declassifiers.items():
        field = f"declassifiers.{name}"
        both = sorted(set(one.removes) & {*one.never, "secret"})
        if both:
            yield Fault(f"{field}.removes", f"{', '.join(both)} is never touched; choose one.")
        if not any(removed.islower() for removed in one.removes):
            yield Fault(
                f"{field}.removes",
                "it removes no category, so no label ever changes; name one, such as pii.",
            )
        yield from _wrong_levels(field, one)
        yield from _unmeasured(field, one)


def _wrong_levels(field: str, one: DeclassifierRow) -> Iterator[Fault]:
    if one.lowers and Level[one.lowers.lowest] > Level[one.lowers.highest]:
        yield Fault(f"{field}.lowers", "`to` is above `from`; a declassifier only lowers.")


def _unmeasured(field: str, one: DeclassifierRow) -> Iterator[Fault]:
    if not one.approved:
        return
    if one.recall_measured is None:
        yield Fault(
            f"{field}.approved", "its recall was never measured; say `recall_measured` first."
        )
    elif one.recall_measured < one.recall_required:
        yield Fault(
            f"{field}.approved",
            f"it found {one.recall_measured} of what it must find {one.recall_required} of.",
        )
