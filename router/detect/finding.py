"""One find of a detector: what it is and where it stands, never what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PII: Final = "pii"
PHI: Final = "phi"
PCI: Final = "pci"
SECRET: Final = "secret"  # noqa: S105 the name of a category
TAINT: Final = "taint"
"""Signs of instructions to a model: they say nothing of secrecy."""
CATEGORIES = frozenset({PII, PHI, PCI, SECRET, TAINT})


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of the original text, in characters, end excluded.

    `decoded` says that the value does not stand there literally: it was folded, decoded or put
    together from spoken words, and the span is that of its encoded original.
    """

    type: str
    category: str
    start: int
    end: int
    detector: str
    decoded: bool
