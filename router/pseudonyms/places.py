"""Where a token stands in the text that goes out: in running text, or where no value may stand.

CommonMark 0.31.2 and HTML as far as it takes to tell URLs and code from text. Where their reading
is in doubt, the place is not running text; after something that cannot be told any more (`lost`),
nothing is.
"""

from __future__ import annotations

import re

from router.pseudonyms.fences import Fences
from router.pseudonyms.tag import Tag

_PIECE = re.compile(r"[^\s`\\<>()\[\]\"'=!?/]+|[\s\S]")
_BLANK = " \t\n\r\f\v"
_URL = re.compile(
    r"//|\\\\|https?:|www\.|[a-z][a-z0-9+.\-]{1,31}:[/\\]"
    r"|\b(?:mailto|tel|sms|data|javascript|vbscript|blob|urn|magnet|sips?|xmpp|whatsapp):"
    r"|[^\W_]\.[a-z]{2,24}(?::\d{1,5})?[/?#]",
    re.IGNORECASE,
)


class Places:
    """Fed with the text that goes out, piece by piece; the pieces' borders make no difference."""

    def __init__(self) -> None:
        self.lost = False
        self._fences = Fences()
        self._run: list[str] = []
        self._before = ""
        self._escaping = False
        self._ticks = 0
        self._escaped_tick = False
        self._codes = {0}
        self._depth = 0
        self._tag: Tag | None = None

    @property
    def running_text(self) -> bool:
        """Whether a value may stand here."""
        self._end_ticks()
        free = self._codes == {0} and self._depth == 0 and self._tag is None
        return free and not self.lost and not self._fences.closed_to_values and not self._url()

    def feed(self, text: str) -> None:
        """Go on over a text; a piece of it without any mark of Markdown or HTML costs little."""
        for piece in _PIECE.findall(text):
            if self.lost:
                return
            if len(piece) > 1 or piece not in _MARKS:
                self._plain(piece)
            else:
                self._mark(piece)

    def _plain(self, piece: str) -> None:
        self._end_ticks()
        if not self._fences.inside:
            if self._tag is not None:
                self._tag.word(piece)
            elif self._before == "<" and piece[0].isalpha():
                self._tag = Tag(piece)
        self._went(piece)

    def _mark(self, mark: str) -> None:
        escaped = self._escaping
        if mark != "`":
            self._end_ticks()
        if mark == "\r" or (mark == "\n" and self._before != "\r"):
            self._new_line()
        elif not self._fences.inside:
            self._html(mark)
            self._markdown(mark, escaped)
        self._went(mark)
        self._escaping = mark == "\\" and not escaped

    def _markdown(self, mark: str, escaped: bool) -> None:
        if mark == "`":
            self._tick(escaped)
        elif mark == "<":
            self.lost = self.lost or self._depth > 0
        elif not escaped:
            self._parenthesis(mark)

    def _html(self, mark: str) -> None:
        if self._tag is None:
            if self._before == "<" and mark in "/!?":
                self._tag = Tag(mark)
                self.lost = self.lost or self._tag.lost
            return
        ended = self._tag.mark(mark, self._before)
        self.lost = self.lost or self._tag.lost
        if ended:
            self._tag, self._run = None, []

    def _went(self, piece: str) -> None:
        """What every piece does: the line, the run without blanks, and the character before."""
        self._escaping = False
        self._before = piece[-1]
        if piece in _BLANK:
            self._run = []
        else:
            self._run.append(piece)
        if piece not in "\r\n":
            self._fences.add(piece)

    def _url(self) -> bool:
        return _URL.search("".join(self._run)) is not None

    def _tick(self, escaped: bool) -> None:
        if self._ticks == 0:
            self._escaped_tick = escaped
        self._ticks += 1
        self.lost = self.lost or self._tag is not None

    def _end_ticks(self) -> None:
        """A run of backticks opens code, closes code opened by as many, or means nothing."""
        if self._ticks == 0:
            return
        opening = self._ticks - self._escaped_tick
        closing = self._ticks
        self._codes = {
            opening if state == 0 else (0 if state == closing else state) for state in self._codes
        }
        self._ticks = 0

    def _new_line(self) -> None:
        """Code may go on over a line's end or not, as the blocks around it have it: both hold."""
        blank, fenced = self._fences.blank, self._fences.inside
        self._fences.end_line()
        self.lost = self.lost or self._fences.lost
        self._codes = self._codes | {0}
        if blank or fenced or self._fences.inside:
            self._codes, self._depth = {0}, 0

    def _parenthesis(self, mark: str) -> None:
        if mark == "(" and (self._depth or self._before == "]"):
            self._depth += 1
        elif mark == ")" and self._depth:
            self._depth -= 1


_MARKS = frozenset("`\\<>()[]\"'=!?/" + _BLANK)
