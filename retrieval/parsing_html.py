"""HTML as text: blocks become lines, headings become marks, scripts and styles are dropped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from retrieval.documents import Mark, ParsedDocument

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACE = re.compile(r"\s+")
_SILENT = frozenset({"script", "style", "template", "noscript", "svg"})
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup",
        "time", "u", "var", "wbr",
    }
)  # fmt: skip


def read_html(source: str, name: str) -> ParsedDocument:
    """Offsets count in the extracted text; the title is <title>, else the first <h1>."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    title = reader.title.strip() or reader.first_heading or name
    return ParsedDocument(" ".join(title.split()), "".join(reader.parts), tuple(reader.marks))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.marks: list[Mark] = [Mark(0)]
        self.title = ""
        self.first_heading = ""
        self._silent = 0
        self._in_title = False
        self._path = [""] * 7
        self._heading_at: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "title":
            self._in_title = True
        if tag not in _INLINE:
            self._break()
        if tag in _HEADINGS:
            self._heading_at = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "title":
            self._in_title = False
        if tag in _HEADINGS and self._heading_at is not None:
            self._end_heading(_HEADINGS[tag], self._heading_at)
        if tag not in _INLINE:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._silent:
            self._add(data)

    def _end_heading(self, level: int, at: int) -> None:
        text = " ".join("".join(self.parts[at:]).split())
        self._heading_at = None
        if level == 1 and not self.first_heading:
            self.first_heading = text
        self._path[level:] = [text, *[""] * (6 - level)]
        start = sum(map(len, self.parts[:at]))
        heading = " > ".join(filter(None, self._path))
        if start == self.marks[-1].start:
            self.marks.pop()
        self.marks.append(Mark(start, heading))

    def _add(self, data: str) -> None:
        """Runs of white space become one space, and none at the start of a line."""
        text = _SPACE.sub(" ", data)
        if not self.parts or self.parts[-1][-1:] in " \n":
            text = text.lstrip()
        if text:
            self.parts.append(text)

    def _break(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
