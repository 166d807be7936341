"""Labels as JSON for storage, and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.label import Integrity, Label, Level


def label_to_json(label: Label) -> dict[str, Any]:
    """A JSON object with sorted lists, so that equal labels are equal bytes."""
    return {
        "level": label.level.name,
        "categories": sorted(label.categories),
        "integrity": label.integrity.name,
        "tenants": sorted(label.tenants),
        "regions": None if label.regions is None else sorted(label.regions),
        "subjects": sorted(label.subjects),
        "expires": label.expires,
    }


def label_from_json(data: Mapping[str, Any]) -> Label:
    """The label that `label_to_json` wrote."""
    regions = data["regions"]
    return Label(
        level=Level[data["level"]],
        categories=frozenset(data["categories"]),
        integrity=Integrity[data["integrity"]],
        tenants=frozenset(data["tenants"]),
        regions=None if regions is None else frozenset(regions),
        subjects=frozenset(data["subjects"]),
        expires=data["expires"],
    )
