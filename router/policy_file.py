"""Reading policy.yaml: strict YAML, no unknown field, and checks over the whole file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from models import strict_yaml
from models.errors import InvalidConfig
from router.label import ALL_CATEGORIES, Clearance, Integrity, Label, Level
from router.policy import LOCAL, Policy

DEFAULT = "policy.yaml"
REQUIRED_SOURCES = ("user", "kb", "kb_public", "crm", "voice_in", "mail", "tool", "web",
                    "model_remote")  # fmt: skip
REQUIRED_SINKS = ("traces", "memory", "cache", "logs", "webhooks", "downloads", "runs")

LevelName = Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]
IntegrityName = Literal["TRUSTED", "USER", "UNTRUSTED"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelRow(_Strict):
    """A source's label; integrity left out is the least trusted."""

    level: LevelName
    integrity: IntegrityName = "UNTRUSTED"
    categories: list[Name] = []
    regions: list[Name] | None = None

    def label(self) -> Label:
        """The label this row writes down."""
        return Label(
            level=Level[self.level],
            categories=frozenset(self.categories),
            integrity=Integrity[self.integrity],
            regions=None if self.regions is None else frozenset(self.regions),
        )


class ClearanceRow(_Strict):
    """What a site, a model or a sink may receive; `categories: all` is every one."""

    level: LevelName
    categories: Literal["all"] | list[Name] = []
    integrity: IntegrityName = "UNTRUSTED"
    region: Name | None = None

    def clearance(self) -> Clearance:
        """The clearance this row writes down."""
        return Clearance(
            level=Level[self.level],
            categories=None if self.categories == "all" else frozenset(self.categories),
            integrity=Integrity[self.integrity],
            region=self.region,
        )


class PolicyFile(_Strict):
    """The fields of policy.yaml."""

    version: Annotated[int, Field(ge=1)]
    categories: list[Name] = []
    sources: dict[Name, LabelRow]
    sites: dict[Name, ClearanceRow]
    models: dict[Name, ClearanceRow] = {}
    sinks: dict[Name, ClearanceRow]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need("sources", self.sources, REQUIRED_SOURCES)
        _need("sites", self.sites, (LOCAL,))
        _need("sinks", self.sinks, REQUIRED_SINKS)
        return self


def _need(field: str, rows: dict[str, LabelRow] | dict[str, ClearanceRow],
          names: tuple[str, ...]) -> None:  # fmt: skip
    missing = [name for name in names if name not in rows]
    if missing:
        raise ValueError(f"{field} lacks {', '.join(missing)}")


def load_policy(text: str | bytes, source: str = DEFAULT) -> Policy:
    """The policy in a file's text; raises InvalidConfig whose `param` names the field at fault."""
    row = strict_yaml.parse(PolicyFile, strict_yaml.load(text, source), source)
    _check_categories(row, source)
    _check_remote(row, source)
    raw = text if isinstance(text, bytes) else text.encode()
    return Policy(
        version=row.version,
        digest=hashlib.sha256(raw).hexdigest(),
        sources={name: one.label() for name, one in row.sources.items()},
        sites={name: one.clearance() for name, one in row.sites.items()},
        sinks={name: one.clearance() for name, one in row.sinks.items()},
        models={name: one.clearance() for name, one in row.models.items()},
    )


def default_policy() -> Policy:
    """The policy that ships with Podium."""
    return load_policy(resources.files("router").joinpath("policies", DEFAULT).read_bytes())


def _check_categories(row: PolicyFile, source: str) -> None:
    known = ALL_CATEGORIES | set(row.categories)
    groups: dict[str, Mapping[str, LabelRow | ClearanceRow]] = {
        "sources": row.sources,
        "sites": row.sites,
        "models": row.models,
        "sinks": row.sinks,
    }
    for group, rows in groups.items():
        for name, one in rows.items():
            unknown = set() if one.categories == "all" else set(one.categories) - known
            if unknown:
                field = f"{group}.{name}.categories"
                raise InvalidConfig(
                    f"{source}: {field}: {', '.join(sorted(unknown))} is no known category; "
                    "add it to `categories` or mend the name.",
                    param=field,
                )


def _check_remote(row: PolicyFile, source: str) -> None:
    """Nothing outside is ever cleared for secrets."""
    for name, one in row.sites.items():
        if name != LOCAL and (one.categories == "all" or "secret" in one.categories):
            field = f"sites.{name}.categories"
            raise InvalidConfig(
                f"{source}: {field}: a remote site must not be cleared for secret.", param=field
            )
