"""The reply as it goes out: from the best alternative that is left, checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from router.events import ReplyDelta, ReplyRestarted

_PIECES = re.compile(r"(?<=[.!?])(?=\s)")

ReplyEvent = ReplyDelta | ReplyRestarted


class Reply:
    """Chooses among `alternatives`, best first, as they write and end.

    Text of steps in `live` passes through as it comes; that of the others is held until the step
    has ended well, then rewritten by `finish` and passed on sentence by sentence.
    """

    def __init__(
        self,
        alternatives: Sequence[str],
        live: frozenset[str],
        finish: Callable[[str], str],
    ) -> None:
        self._left = list(alternatives)
        self._live = live
        self._finish = finish
        self._ended: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._sent_by: str | None = None
        self.chosen: str | None = None

    def wrote(self, step: str, text: str) -> list[ReplyEvent]:
        """A step wrote a piece."""
        if step not in self._live or step not in self._left:
            return []
        self._written[step] = self._written.get(step, "") + text
        return self._send(step, text) if self._left[0] == step else []

    def restarted(self, step: str) -> list[ReplyEvent]:
        """A step begins its text again."""
        self._written.pop(step, None)
        return self._void(step)

    def ended(self, step: str, text: str | None) -> list[ReplyEvent]:
        """A step ended, with its text or with none."""
        if self.chosen is not None or step not in self._left:
            return []
        if text is not None:
            self._ended[step] = text
            return self._settle()
        front = self._left[0] == step
        self._left.remove(step)
        events = self._void(step)
        return events + (self._settle() if front else [])

    def _settle(self) -> list[ReplyEvent]:
        """Pass on what the best alternative left has so far."""
        if not self._left:
            return []
        step = self._left[0]
        if step not in self._ended:
            written = self._written.get(step, "")
            return self._send(step, written) if written and self._sent_by != step else []
        self.chosen = step
        if step not in self._live:
            pieces = _PIECES.split(self._finish(self._ended[step]))
            return [event for piece in pieces for event in self._send(step, piece)]
        return [] if self._sent_by == step else self._send(step, self._ended[step])

    def _send(self, step: str, text: str) -> list[ReplyEvent]:
        self._sent_by = step
        return [ReplyDelta(text)]

    def _void(self, step: str) -> list[ReplyEvent]:
        if self._sent_by != step:
            return []
        self._sent_by = None
        return [ReplyRestarted()]
