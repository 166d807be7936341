"""Writes docs/reference/policy.md from the policy file's own model."""

from __future__ import annotations

from collections.abc import Iterable

from docs_fields import table

from router.label import ALL_CATEGORIES, Integrity, Level
from router.policy_file import default_policy
from router.policy_rows import ClearanceRow, LabelRow

PAGE = "policy.md"
INTRODUCTION = """# Policy file

<!-- Made by .ci/docs_policy.py from router/policy_file.py; change that, then run `make docs`. -->

`podium up --policy FILE`, or `policy:` in the settings. Without one, the file that ships with
Podium is in force, `router/policies/policy.yaml`. Unknown fields and doubled keys are errors that
name the field; the file's digest stands in `podium status`.

| field | |
|---|---|
| `version` | A whole number from 1, for people. |
| `categories` | Names of further categories of your own. |
| `sources` | Label by source. |
| `sites` | Clearance by site. A model at a site not listed receives nothing. |
| `models` | Narrower clearances for single models. |
| `sinks` | Clearance by place where data is written down. |
"""


def page() -> str:
    """The whole page."""
    policy = default_policy()
    sources = [f"| `{n}` | {_shown(v.public())} |" for n, v in policy.sources.items()]
    places = [
        f"| {kind} | `{name}` | {one.level.name} | {_categories(one.categories)} |"
        for kind, group in (("site", policy.sites), ("sink", policy.sinks))
        for name, one in group.items()
    ]
    return "\n".join(
        [
            INTRODUCTION,
            f"- Levels, low to high: {_names(level.name for level in Level)}.",
            f"- Integrity, most trusted first: {_names(one.name for one in Integrity)}.",
            f"- Categories: {_names(sorted(ALL_CATEGORIES))}.\n",
            "## A label\n",
            table(LabelRow, LABEL),
            "\n## A clearance\n",
            table(ClearanceRow, CLEARANCE),
            "\n## What ships with Podium\n",
            "A file must have each of these sources and sinks, and the site `local`.\n",
            "| source | label |\n|---|---|",
            *sources,
            "| any other | RESTRICTED, every category, UNTRUSTED, no region |\n",
            "| | name | level | categories |\n|---|---|---|---|",
            *places,
            "",
        ]
    )


LABEL = {
    "level": "How secret.",
    "integrity": "How far it may be trusted to steer.",
    "categories": "What is in it.",
    "regions": "Where it may go; left out is everywhere.",
}
CLEARANCE = {
    "level": "The highest level that may come here.",
    "categories": "The categories that may come here.",
    "integrity": "The least trusted that may come here.",
    "region": "Where the place is.",
}


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(label: dict[str, object]) -> str:
    categories = label["categories"]
    assert isinstance(categories, list)  # noqa: S101 - Label.public says so
    return ", ".join([str(label["level"]), *categories, str(label["integrity"])])


def _categories(names: frozenset[str] | None) -> str:
    if names is None:
        return "all"
    return ", ".join(sorted(names)) or "none"
