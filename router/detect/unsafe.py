"""Hidden text and ways out in data: heuristics that only ever raise taint.

Text a reader doesn't see (invisible tags, comments, zero size), pictures and links that carry data
away when a client shows them, and code that runs when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.finding import TAINT
from router.detect.page import Detector, Match, Page

_URL = r"(?:https?:)?//[^\s)\"'<>\]]{1,400}"
_SHOWN = (
    ("IMAGE_LINK", "![", re.compile(rf"!\[[^\]\n]{{0,200}}\]\([ ]{{0,3}}{_URL}")),
    ("IMAGE_LINK", "![", re.compile(r"!\[[^\]\n]{0,200}\]\[[^\]\n]{0,80}\]")),
    ("IMAGE_LINK", "<img", re.compile(rf"<img\b[^>]{{0,300}}src[ ]?=[ ]?[\"']?{_URL}")),
    ("CARRIES_DATA", "://", re.compile(
        r"https?://[^\s)\"'<>\]]{1,300}[?&#][\w.-]{0,40}=?(?:\{\{?[^\s{}]{1,80}\}\}?|\[[a-z_ "
        r"]{2,60}\]|%7b[^\s]{1,80}%7d"
        r"|<[a-z_ ]{2,60}>|\$\{?[a-z_]{2,60}\}?)")),
    ("SCRIPT", "script", re.compile(r"<script\b|javascript:[^\s]")),
    ("SCRIPT", "data:text/html", re.compile(r"data:text/html")),
    ("HIDDEN", "<!--", re.compile(r"<!--[^>]{0,200}\b(?:ignore|instruction|assistant|system"
                                  r"|prompt|you must|send)\b")),
    ("HIDDEN", "style", re.compile(
        r"style[ ]?=[ ]?[\"'][^\"'>]{0,200}(?:display[ ]?:[ ]?none|visibility[ ]?:[ ]?hidden"
        r"|font-size[ ]?:[ ]?0|opacity[ ]?:[ ]?0"
        r"(?![.\d])|color[ ]?:[ ]?(?:white|#fff(?:fff)?|transparent)\b)")),
    ("HIDDEN", "hidden", re.compile(r"<[a-z]{1,12}\b[^>]{0,200}[ ]hidden(?:[ =>])")),
    ("RUNS_CODE", "curl", re.compile(r"\bcurl\b[^\n]{0,200}\|[ ]?(?:sudo )?(?:ba|z)?sh\b")),
    ("RUNS_CODE", "wget", re.compile(r"\bwget\b[^\n]{0,200}\|[ ]?(?:sudo )?(?:ba|z)?sh\b")),
    ("RUNS_CODE", "rm -rf", re.compile(r"\brm -rf[ ]+[~/*]")),
)  # fmt: skip
_INVISIBLE = re.compile(
    "[\U000e0020-\U000e007e]|[\u202a-\u202e\u2066-\u2069]|[\u200b-\u200d\u2060-\u2064]{4,}"
)


def find_ways_out(page: Page) -> Iterator[Match]:
    """Links and markup that act when they are shown."""
    for name, hint, shape in _SHOWN:
        if hint in page.lower:
            for match in shape.finditer(page.lower):
                yield Match(name, TAINT, match.start(), match.end())


def hidden_characters(text: str) -> tuple[int, int] | None:
    """Where the text as it came first holds tags, turned directions or runs of invisible signs."""
    match = None if text.isascii() else _INVISIBLE.search(text)
    return match and match.span()


WAYS_OUT = Detector("ways_out", find_ways_out)
