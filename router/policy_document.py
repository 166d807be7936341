"""The whole of policy.yaml: its sections, and what must stand in each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Self

from pydantic import Field, model_validator

from router.policy_rows import (
    ActionRow,
    ApprovalsRow,
    ClearanceRow,
    DeclassifierRow,
    DenyRow,
    DetectorsRow,
    Name,
    RetentionRow,
    Row,
    SourceRow,
)
from router.policy_subject import LOCAL

REQUIRED_SOURCES = ("user", "kb", "kb_public", "crm", "voice_in", "mail", "tool", "web",
                    "model_remote")  # fmt: skip
REQUIRED_SINKS = ("traces", "memory", "cache", "logs", "webhooks", "downloads", "runs")


class PolicyFile(Row):
    """The fields of policy.yaml; a section that is left out allows nothing."""

    version: Annotated[int, Field(ge=1)]
    categories: list[Name] = Field(default_factory=list)
    deny: dict[Name, DenyRow] = Field(default_factory=dict)
    detectors: DetectorsRow = DetectorsRow()
    declassifiers: dict[Name, DeclassifierRow] = Field(default_factory=dict)
    actions: dict[Name, ActionRow] = Field(default_factory=dict)
    retention: dict[Name, RetentionRow] = Field(default_factory=dict)
    sources: dict[Name, SourceRow]
    sites: dict[Name, ClearanceRow]
    models: dict[Name, ClearanceRow] = Field(default_factory=dict)
    sinks: dict[Name, ClearanceRow]
    approvals: ApprovalsRow | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need("sources", self.sources, REQUIRED_SOURCES)
        _need("sites", self.sites, (LOCAL,))
        _need("sinks", self.sinks, REQUIRED_SINKS)
        return self


def _need(field: str, rows: Collection[str], names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in rows]
    if missing:
        raise ValueError(f"{field} lacks {', '.join(missing)}")
