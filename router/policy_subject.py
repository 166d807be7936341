"""What policy asks of a model before it may receive data."""

from __future__ import annotations

from typing import Literal, Protocol

LOCAL = "local"


class CardClearance(Protocol):
    """A clearance as the catalog writes it down."""

    @property
    def level(self) -> Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]:
        """The highest level."""

    @property
    def categories(self) -> Literal["all"] | frozenset[str]:
        """The categories, or every one."""


class Subject(Protocol):
    """A model as policy sees it; a ModelCard is one."""

    @property
    def id(self) -> str:
        """The model's name in catalog and policy."""

    @property
    def site(self) -> str:
        """Where it runs: `local` or the name of a remote site."""

    @property
    def region(self) -> str | None:
        """The region of a remote site; None inside."""

    @property
    def clearance(self) -> CardClearance:
        """What the catalog clears it for; the policy can only narrow it."""
