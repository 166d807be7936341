"""Labels and places in the words of somebody who reads policies and no code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from router.label import Integrity, Label, Level


def data(label: Label) -> str:
    """Such as `customer audio` or `CONFIDENTIAL data of untrusted origin`."""
    level = "" if label.level is Level.PUBLIC else f"{label.level.name} "
    what = listed(name.replace("_", " ") for name in sorted(label.categories)) or "data"
    parts = [f"{level}{what}"]
    if label.integrity > Integrity.TRUSTED:
        parts.append(f"from {label.integrity.name} origin")
    if label.tenants:
        parts.append(f"of the tenant {listed(sorted(label.tenants))}")
    if label.regions is not None:
        parts.append(f"that may be in {listed(sorted(label.regions)) or 'no region'} only")
    return " ".join(parts)


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    every: Sequence[str] = list(names)
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} and {every[-1]}"


def described(label: Label) -> str:
    """A whole label: level, categories, integrity, regions."""
    parts = [label.level.name, *sorted(label.categories), label.integrity.name]
    if label.regions is not None:
        regions = listed(sorted(label.regions))
        parts.append(f"only in {regions}" if regions else "in no region")
    return ", ".join(parts)
