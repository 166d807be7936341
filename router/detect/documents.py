"""Detectors over documents: what a text says joins into the label it is stored with."""

from __future__ import annotations

from dataclasses import dataclass

from router.detect.look import look
from router.detect.raises import Raises
from router.label import label_from_json

_BUDGET_S = 20.0


@dataclass(frozen=True, slots=True)
class DocumentDetection:
    """Plain data, so that it can travel to the retriever."""

    raises: Raises

    def joined(self, label: str, text: str) -> str:
        """The label in canonical JSON, raised by what stands in the text."""
        seen = look(text, budget_s=_BUDGET_S)
        return label_from_json(label).join(self.raises.label(seen)).to_json()

    @property
    def digest(self) -> str:
        """Equal where the same text gets the same label."""
        return self.raises.digest
