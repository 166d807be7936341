"""E-mail addresses (RFC 5321, as far as people write them)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.finding import PII
from router.detect.page import Match, Page

_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]*", re.ASCII)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}([^\W\d_]{2,24}|xn--[a-z0-9-]{2,40})")
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp"})
_LONGEST = 64


def find_emails(page: Page) -> Iterator[Match]:
    """Addresses around each `@`, the name read backwards from it."""
    at = page.text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(page.text, at + 1)
        start = _start(page.text, at) if domain else at
        if domain and start < at and not _is_other(page.text, start, at, domain):
            yield Match("EMAIL", PII, start, domain.end())
        at = page.text.find("@", at + 1)


def _start(text: str, at: int) -> int:
    low = max(0, at - _LONGEST)
    name = _LOCAL.match(text[low:at][::-1])
    start = at - (len(name[0]) if name else 0)
    while start < at and text[start] in ".'`{|}*/=?&":
        start += 1
    return start


def _is_other(text: str, start: int, at: int, domain: re.Match[str]) -> bool:
    """A picture's file name (`icon@2x.png`) or a checkout's address (`git@host:path`)."""
    checkout = text[start:at] == "git" and text[domain.end() : domain.end() + 1] == ":"
    return checkout or domain[1].lower() in _FILES
