"""Who may see what: labels are opaque text here, judged only by the filter a caller brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Detection(Protocol):
    """Raises a document's label by its text; must pickle, for it crosses to the Retriever."""

    def joined(self, label: str, text: str) -> str:
        """The label the document is stored with, canonical JSON as was given."""

    @property
    def digest(self) -> str:
        """Equal for those that give the same labels."""


class AccessFilter(Protocol):
    """Decides by label; must pickle, for it crosses to the Retriever's process."""

    def allows(self, label: str) -> bool:
        """Whether what carries this canonical JSON label may be seen."""


class Everything:
    """Lets every label pass: for an operator's own commands on their own machine."""

    def allows(self, label: str) -> bool:
        """Always true."""
        return True


def allowed_labels(labels: Iterable[str], access: AccessFilter) -> frozenset[str]:
    """Those of `labels` that may be seen; the filter is asked once a distinct label."""
    return frozenset(label for label in set(labels) if access.allows(label))
