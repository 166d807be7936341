"""Texts that end an answer, found while it is written."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Lets text through up to the first of `stops`, which may come in pieces.

    What could be the beginning of one is held back until it is known.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.found: str | None = None

    def push(self, text: str) -> str:
        """What may go on after `text`; `found` is set once a stop has come."""
        if self.found is not None:
            return ""
        held = self._held + text
        hits = [(held.find(stop), -len(stop), stop) for stop in self._stops if stop in held]
        if hits:
            at, _, self.found = min(hits)
            self._held = ""
            return held[:at]
        kept = self._beginning(held)
        self._held = held[len(held) - kept :]
        return held[: len(held) - kept]

    def rest(self) -> str:
        """What was held back and is no stop after all."""
        rest, self._held = self._held, ""
        return rest

    def _beginning(self, held: str) -> int:
        """Length of the longest end of `held` with which a stop begins."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for length in range(min(longest, len(held)), 0, -1):
            end = held[len(held) - length :]
            if any(stop.startswith(end) for stop in self._stops):
                return length
        return 0
