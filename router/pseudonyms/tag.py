"""An HTML tag in a text that goes out: no value stands in one, nor after one that opens code."""

from __future__ import annotations

from typing import Final

# After these, what follows is no running text until an end that only an HTML parser can find.
_RAW: Final = frozenset(
    """code pre script style textarea kbd samp title svg math iframe noscript template
    xmp""".split()  # noqa: SIM905 a list of quotes is not read
)
_LONGEST_NAME: Final = 16


class Tag:
    """From the first character after `<` to the `>` outside quotes."""

    def __init__(self, beginning: str) -> None:
        self.lost = beginning in ("!", "?")
        self._name = beginning.lower()[:_LONGEST_NAME]
        self._named = False
        self._quote = ""

    def word(self, piece: str) -> None:
        """More of a name or a value."""
        if not self._named:
            self._name = (self._name + piece.lower())[:_LONGEST_NAME]

    def mark(self, mark: str, before: str) -> bool:
        """Take in a mark that follows on the character `before`; whether it ends the tag."""
        self._end_name()
        if self._quote:
            self._quote = "" if mark == self._quote else self._quote
        elif mark in ('"', "'"):
            self._quote = mark
            # Only after `=` do all parsers agree that a quotation begins.
            self.lost = self.lost or before != "="
        return mark == ">" and not self._quote

    def _end_name(self) -> None:
        self.lost = self.lost or (not self._named and self._name in _RAW)
        self._named = True
