"""Writes docs/reference/policy.md from the policy file's own model."""

from __future__ import annotations

from collections.abc import Iterable

from docs_fields import table

from router.label import ALL_CATEGORIES, Integrity, Level
from router.policy_file import default_policy
from router.policy_rows import (
    ActionRow,
    ApprovalsRow,
    ClearanceRow,
    DeclassifierRow,
    DenyRow,
    RaiseRow,
    RetentionRow,
    SourceRow,
)

PAGE = "policy.md"
INTRODUCTION = """# Policy file

<!-- Made by .ci/docs_policy.py from router/policy_rows.py; change that, then run `make docs`. -->

`podium up --policy FILE`, or `policy:` in the settings, or `policy.yaml` in the home, where
`podium policy apply` puts it. Without one, the file that ships with Podium is in force,
`router/policies/policy.yaml`. [Set the policy](../how-to/policy.md) says how to work with it.

A file has at most 256 KiB of plain YAML. Unknown fields, doubled keys, contradictions and rules
that can never matter are errors that name the field. The file's digest stands on every decision and
in `podium status`. A running Podium looks at its file every second and takes a changed one that
holds up; any other leaves the last one in force, which `/readyz`, `podium doctor`, the log and
`podium_policy_refused` tell.

| section | |
|---|---|
| `version` | A whole number from 1, for people. |
| `categories` | Names of further categories of your own. |
| `deny` | Explicit denials, asked before everything else. |
| `detectors` | How far findings raise a label. |
| `declassifiers` | What redactors may take away; left out, nothing is declassified. |
| `actions` | What may set off an act; an act that is left out is denied. |
| `retention` | Days by sink; left out, things are kept until somebody erases them. |
| `sources` | Label by source. |
| `sites` | Clearance by site. A model at a site not listed receives nothing. |
| `models` | Narrower clearances for single models. |
| `sinks` | Clearance by place where data is written down. |
| `approvals` | Two people over one change that lets through more. |
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
            table(SourceRow, LABEL),
            "\n## A clearance\n",
            table(ClearanceRow, CLEARANCE),
            "\n## A denial\n",
            DENIALS,
            table(DenyRow, DENY),
            "\n## A raise\n",
            "Under `detectors.raises`, by the type of a finding or else by its category. A finding"
            " of neither, and a scan that fails or does not end (`detectors.on_fail: top`, the only"
            " value), make the text RESTRICTED with every category.\n",
            table(RaiseRow, RAISE),
            "\n## A declassifier\n",
            table(DeclassifierRow, DECLASSIFIER),
            "\n## An act, a retention\n",
            table(ActionRow, ACTION),
            "",
            table(RetentionRow, RETENTION),
            "\n## Approvals\n",
            table(ApprovalsRow, APPROVALS),
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
    "detect": "Of a source: what its texts are looked through for. Left out is for everything.",
}
CLEARANCE = {
    "level": "The highest level that may come here.",
    "categories": "The categories that may come here.",
    "integrity": "The least trusted that may come here.",
    "region": "Where the place is.",
}

DENIALS = """A rule denies when every condition under `when` holds, whatever is cleared elsewhere,
and no declassifier lifts it. Data labelled with all there is, such as data of an unknown source, is
meant by every rule.
"""
DENY = {
    "when.level": "Data of this level or above.",
    "when.categories": "Data with one of these.",
    "when.tenants": "Data of one of these tenants.",
    "when.regions": "Data that may be in these regions and in no other.",
    "when.source": "Data labelled at least as high as one of these sources: labels are joined and "
    "do not keep the names.",
    "models": "The models it is kept from.",
    "sites": "The sites it is kept from; `outside` is every site but local.",
}
RAISE = {
    "level": "The text has at least this level.",
    "categories": "What is in it.",
    "integrity": "It is trusted no more than this.",
}
DECLASSIFIER = {
    "removes": "Categories in lower case, types of findings in upper case.",
    "lowers": "`{from: LEVEL, to: LEVEL}`: the highest level it touches, and the level it leaves"
    " once no category is left. Left out, the level stays.",
    "never": "It touches no data that has one of these; `secret` always.",
    "recall_required": "The measured recall it needs, above 0 and up to 1.",
    "recall_measured": "What was measured, on data it was not made with.",
    "approved": "Whether it may do anything at all.",
}
ACTION = {
    "integrity": "The least trusted data that may set it off.",
    "approvals": "How many people must agree first.",
}
RETENTION = {
    "days": "How long, under `retention` by sink. `runs`, and pictures for"
    " `downloads`, are deleted within the hour; the ledger, which has no content, keeps its"
    " records. This release deletes from no other sink.",
}
APPROVALS = {
    "replaces": "Digest of the policy that is replaced.",
    "change": "Digest of the change, as `podium policy diff` prints it.",
    "by": "The names of two different people.",
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
