"""The rows of policy.yaml: what its writer may put down, field by field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from router.label import Clearance, Integrity, Label, Level

LevelName = Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]
IntegrityName = Literal["TRUSTED", "USER", "UNTRUSTED"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
DetectName = Literal["pii", "phi", "pci", "secret", "taint"]
FindingName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Person = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Names = Annotated[list[Name], Field(min_length=1, max_length=500)]
Recall = Annotated[float, Field(gt=0, le=1)]
OUTSIDE = "outside"


class Row(BaseModel):
    """Strict: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelRow(Row):
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


class SourceRow(LabelRow):
    """A source's label, and what its texts are looked through for; left out is for everything."""

    detect: list[DetectName] | None = None


class ClearanceRow(Row):
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


class RaiseRow(Row):
    """What a finding joins into the label of its text; what is left out raises nothing."""

    level: LevelName = "PUBLIC"
    categories: list[Name] = []
    integrity: IntegrityName = "TRUSTED"

    def label(self) -> Label:
        """The label this row writes down."""
        return Label(Level[self.level], frozenset(self.categories), Integrity[self.integrity])


class DetectorsRow(Row):
    """Raises by a finding's type or category; a scan that fails or can't end has the top."""

    on_fail: Literal["top"] = "top"
    raises: dict[FindingName, RaiseRow] | None = None


class LowersRow(Row):
    """The highest level a declassifier touches, and the level it leaves."""

    highest: LevelName = Field(alias="from")
    lowest: LevelName = Field(alias="to")


class DeclassifierRow(Row):
    """What a redactor may take away, and the recall that must have been measured first."""

    removes: Annotated[list[FindingName], Field(min_length=1)]
    lowers: LowersRow | None = None
    never: list[Name] = ["secret"]
    recall_required: Recall
    recall_measured: Recall | None = None
    approved: bool = False


class ActionRow(Row):
    """What may set off an act: the least trusted data, and how many people must agree."""

    integrity: IntegrityName
    approvals: Annotated[int, Field(ge=0, le=5)] = 1


class RetentionRow(Row):
    """How long what a sink keeps is kept, in days."""

    days: Annotated[int, Field(ge=0, le=36500)]


class WhenRow(Row):
    """Which data a denial is about; all conditions given must hold."""

    level: LevelName | None = None
    categories: Names | None = None
    tenants: Names | None = None
    regions: Names | None = None
    source: Names | None = None


class DenyRow(Row):
    """An explicit denial by models or by sites; `sites: outside` is every site but local."""

    when: WhenRow
    models: Names | None = None
    sites: Literal["outside"] | Names | None = None


class ApprovalsRow(Row):
    """Two different people over the digest of one change; see `podium policy diff`."""

    replaces: Digest
    change: Digest
    by: Annotated[list[Person], Field(min_length=1, max_length=20)]
