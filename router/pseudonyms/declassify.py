"""Pseudonymising as the policy sees it: by how much it may lower the label of one text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from router.label import ALL_CATEGORIES, Label, Level

PSEUDONYMS: Final = "pseudonyms"
NEVER_TOUCHED: Final = frozenset({"secret", "phi", "legal", "customer_audio"})


@dataclass(frozen=True, slots=True)
class Pseudonymise:
    """What one redaction came to, beside the recall that policy asks of its detectors.

    `complete`: the text was scanned to its end, in every encoding. `residual`: something stayed
    that should have gone. `required` and `measured` are recalls in [0, 1]; a recall that nobody
    has measured is None and meets nothing.
    """

    name: ClassVar[str] = PSEUDONYMS

    complete: bool
    residual: bool
    required: float
    measured: float | None

    @property
    def holds(self) -> bool:
        """Whether the redaction may lower anything."""
        enough = self.measured is not None and self.measured >= self.required
        return self.complete and not self.residual and enough

    def applies(self, label: Label) -> Label | None:
        """The label without pii, at INTERNAL when it was CONFIDENTIAL; None when it must stay.

        Nothing else is taken off, the subjects least of all: the text is still about them. While
        another category is left, the level stays too, for it may be that one's.
        """
        left = label.categories - {"pii"}
        if not self.holds or left == label.categories or not _lowerable(label):
            return None
        level = label.level if left else min(label.level, Level.INTERNAL)
        return replace(label, categories=left, level=level)


def _lowerable(label: Label) -> bool:
    known = label.categories <= ALL_CATEGORIES
    return (
        known and label.level <= Level.CONFIDENTIAL and NEVER_TOUCHED.isdisjoint(label.categories)
    )
