"""Fenced code and link definitions: what the lines of a text say about the places in them.

CommonMark 0.31.2, sections 4.5 and 4.7. A fence that may belong to a list, a quotation or a block
of HTML makes everything after it `lost`, because its end cannot be told without them.
"""

from __future__ import annotations

import re
from typing import Final

_FENCE = re.compile(r"([ \t>*+\-0-9.)(]*)(`{3,}|~{3,})(.*)", re.DOTALL)
_DEFINITION = re.compile(r"[ \t>]*\[[^\]]*\]:(.*)", re.DOTALL)
_HTML = re.compile(r" {0,3}<[A-Za-z/!?]")
_LONGEST_LINE: Final = 1024
_CLEAR = ("", " ", "  ", "   ")


class Fences:
    """Fed with pieces of lines and told where each line ends."""

    def __init__(self) -> None:
        self.lost = False
        self._line = ""
        self._fence: tuple[str, int] | None = None
        self._indent = ""
        self._html = False
        self._defining = False

    @property
    def inside(self) -> bool:
        """Whether this line lies in a fence."""
        return self._fence is not None

    @property
    def blank(self) -> bool:
        """Whether the line shows nothing so far."""
        return not self._line.strip()

    @property
    def closed_to_values(self) -> bool:
        """Whether no value may stand in this line."""
        line = self._line
        opens = _FENCE.match(line) is not None or _DEFINITION.match(line) is not None
        return self.inside or self._defining or opens

    def add(self, piece: str) -> None:
        """More of the line; what is beyond a kilobyte says nothing about its kind."""
        if len(self._line) < _LONGEST_LINE:
            self._line = (self._line + piece)[:_LONGEST_LINE]

    def end_line(self) -> None:
        """Take the line in."""
        line, self._line = self._line, ""
        definition = _DEFINITION.match(line)
        self._defining = definition is not None and not definition[1].strip()
        if self._fence is None:
            self._html = bool(line.strip()) and (self._html or _HTML.match(line) is not None)
            self._open(line)
        else:
            self._within(line, self._fence)

    def _open(self, line: str) -> None:
        match = _FENCE.match(line)
        if match is None:
            return
        indent, run, rest = match.groups()
        if self._html or indent not in _CLEAR:
            self.lost = True
        elif run[0] == "~" or "`" not in rest:
            self._fence, self._indent = (run[0], len(run)), indent

    def _within(self, line: str, fence: tuple[str, int]) -> None:
        if line.strip() and not line.startswith(self._indent):
            self.lost = True  # a list's item may have ended here, and its fence with it
        match = _FENCE.match(line)
        if match is None or match[3].strip():
            return
        if match[2][0] == fence[0] and len(match[2]) >= fence[1]:
            self.lost = self.lost or match[1] != self._indent
            self._fence = None
