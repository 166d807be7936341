"""What of a live line may be shown where: the label of its words against a sink's clearance.

The client that sends the audio is answered as with a recording. Any other place is a sink of the
policy: it gets words only as far as it is cleared, and never one by one unless it is cleared for
everything, for a number is known for what it is when its last digit is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from router.detect.raises import Raises
from router.detect.scan import Scan
from router.label import TOP, Label
from router.policy import Policy

VOICE = "voice_in"
AUDIO = Label(categories=frozenset({"customer_audio"}))


def voice_label(policy: Policy, label: Label, tenant: str) -> Label:
    """The label of everything heard on a line, its partial words too."""
    return label.join(policy.source(VOICE, tenant)).join(AUDIO)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a sink gets it, and the label of the whole.

    `redactions` counts what was taken out by type; `withheld` says that it was everything.
    """

    text: str = field(repr=False)
    label: Label
    redactions: tuple[tuple[str, int], ...] = ()
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Showing:
    """For lines whose words have at least `label`; `sink` None is the line's own client."""

    policy: Policy
    label: Label
    sink: str | None = None

    @property
    def word_by_word(self) -> bool:
        """Whether words may go out while the caller speaks."""
        return self._may(TOP)

    def show(self, text: str, found: Scan) -> Shown:
        """The words of a whole turn, in which the detectors found these."""
        raises = self.policy.raises(VOICE)
        label = self.label.join(raises.label(found))
        if self._may(label):
            return Shown(text, label)
        if not found.complete or not self._may(self.label):
            return Shown("", label, withheld=True)
        return self._redacted(text, label, found, raises)

    def _may(self, label: Label) -> bool:
        """Whether the sink may have such data of this line."""
        return self.sink is None or self.policy.may_reach(self.sink, self.label.join(label))

    def _redacted(self, text: str, label: Label, found: Scan, raises: Raises) -> Shown:
        """The text without the findings that the sink is not cleared for."""
        parts: list[str] = []
        counts: dict[str, int] = {}
        at = 0
        for one in found.findings:
            if self._may(raises.label(Scan((one,), complete=True))):
                continue
            if one.start >= at:
                parts += (text[at : one.start], f"[{one.type}]")
                counts[one.type] = counts.get(one.type, 0) + 1
            at = max(at, one.end)
        return Shown("".join((*parts, text[at:])), label, tuple(sorted(counts.items())))
