"""Texts whose identifiers are marked where they stand: `Call ⟦PHONE|0171 2345678⟧`, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bench.judged import Judged, Span

_MARK = re.compile("\u27e6(\\w+)\\|(.*?)\u27e7", re.DOTALL)


def marked(path: Path) -> Iterator[Judged]:
    r"""The texts of a file; `#` begins a comment, `\n` is a line's end inside a text."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("# "):
            yield _judged(line.replace("\\n", "\n"))


def _judged(line: str) -> Judged:
    text, spans, read = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[read : mark.start()]
        spans.append(Span(mark[1], len(text), len(text) + len(mark[2])))
        text += mark[2]
        read = mark.end()
    return Judged(text + line[read:], tuple(spans))
