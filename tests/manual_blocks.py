"""The blocks of the manual that are marked as runnable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(sh|python) (test|offline)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """`needs` is `test` for a running Podium, `offline` for none; `line` is where it begins."""

    language: str
    needs: str
    text: str
    line: int


def blocks(page: Path, needs: str) -> list[Block]:
    """The runnable blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(match[1], match[2], match[3], text.count("\n", 0, match.start()) + 1)
        for match in BLOCK.finditer(text)
    ]
    return [block for block in found if block.needs == needs]
