"""A policy file said again in Cedar, from its plain data, and asked of Cedar's own engine.

Nothing of `router` takes part: two readings of the same file must come to the same decisions.
Cedar's language: https://docs.cedarpolicy.com/policies/syntax-policy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import cedarpy

LEVELS = ["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]
TRUST = ["TRUSTED", "USER", "UNTRUSTED"]
BUILT_IN = ["customer_audio", "legal", "pci", "phi", "pii", "secret", "source_code"]


def cedar_of(data: dict[str, Any], cards: Iterable[Any]) -> str:
    """The policies: a permit for each model, a forbid for each denial that concerns it."""
    texts = []
    for card in cards:
        head = f'(principal, action, resource == Model::"{card.id}")'
        texts.append(f"permit {head} when {{ {' && '.join(_permit(data, card))} }};")
        for rule in data.get("deny", {}).values():
            if _concerns(rule, card):
                texts.append(f"forbid {head} when {{ {_forbid(data, rule['when'])} }};")
    return "\n".join(texts)


def ask(policies: str, questions: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
    """Cedar's answers to (model, label as plain data)."""
    requests = [
        {"principal": 'Data::"d"', "action": 'Action::"receive"', "resource": f'Model::"{model}"',
         "context": _context(label)}
        for model, label in questions
    ]  # fmt: skip
    answers = cedarpy.is_authorized_batch(requests, policies, [])
    faults = [one.diagnostics.errors for one in answers if one.diagnostics.errors]
    assert not faults, faults[:1]
    return [one.allowed for one in answers]


def _permit(data: dict[str, Any], card: Any) -> list[str]:
    site = data["sites"].get(card.site)
    if site is None:
        return ["false"]
    rows = [site, *([data["models"][card.id]] if card.id in data.get("models", {}) else [])]
    own = {"level": card.clearance.level, "categories": card.clearance.categories}
    conditions = ["context.owners < 2"]
    for row in [*rows, own]:
        conditions.append(f"context.level <= {LEVELS.index(row['level'])}")
        if row.get("categories", []) != "all":
            named = json.dumps(sorted(row.get("categories", [])))
            conditions.append(f"{named}.containsAll(context.categories)")
        conditions.append(f"context.integrity <= {TRUST.index(row.get('integrity', 'UNTRUSTED'))}")
    outside = card.site != "local"
    for row in rows:
        region = row.get("region") or ((card.region or "unknown") if outside else None)
        if region is not None:
            conditions.append(f'(context.everywhere || context.regions.contains("{region}"))')
    return conditions


def _concerns(rule: dict[str, Any], card: Any) -> bool:
    sites = rule.get("sites", [])
    at = card.site != "local" if sites == "outside" else card.site in sites
    return at or card.id in rule.get("models", [])


def _forbid(data: dict[str, Any], when: dict[str, Any]) -> str:
    conditions = []
    if "categories" in when:
        conditions.append(f"context.categories.containsAny({json.dumps(when['categories'])})")
    if "tenants" in when:
        conditions.append(f"context.tenants.containsAny({json.dumps(when['tenants'])})")
    if "regions" in when:
        conditions.append(_confined(when["regions"]))
    if "source" in when:
        sources = (data["sources"][name] for name in when["source"])
        conditions.append("(" + " || ".join(map(_covers, sources)) + ")")
    named = " && ".join(conditions) or "true"
    return f"context.level >= {LEVELS.index(when.get('level', 'PUBLIC'))} && ({named} || {_top()})"


def _covers(source: dict[str, Any]) -> str:
    conditions = [
        f"context.level >= {LEVELS.index(source['level'])}",
        f"context.integrity >= {TRUST.index(source.get('integrity', 'UNTRUSTED'))}",
        f"context.categories.containsAll({json.dumps(source.get('categories', []))})",
    ]
    if source.get("regions") is not None:
        conditions.append(_confined(source["regions"]))
    return "(" + " && ".join(conditions) + ")"


def _confined(regions: list[str]) -> str:
    return f"(!context.everywhere && {json.dumps(regions)}.containsAll(context.regions))"


def _top() -> str:
    return (
        "(context.level == 3 && context.integrity == 2 && !context.everywhere &&"
        f" context.regions.isEmpty() && context.categories.containsAll({json.dumps(BUILT_IN)}))"
    )


def _context(label: dict[str, Any]) -> dict[str, Any]:
    return {
        "level": LEVELS.index(label["level"]),
        "integrity": TRUST.index(label["integrity"]),
        "categories": label["categories"],
        "tenants": label["tenants"],
        "owners": len(label["tenants"]),
        "everywhere": label["regions"] is None,
        "regions": label["regions"] or [],
    }
