"""Addresses of machines (RFC 791, RFC 4291, IEEE 802) and logins inside URLs (RFC 3986)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from router.detect.finding import PII, SECRET
from router.detect.page import Match, Page
from router.detect.placeholders import is_placeholder

_V4 = re.compile(
    r"(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:[ ]?\.[ ]?(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}"
    r"(?![\w]|\.\d|-\d)"
)
_V6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])"
)
_MAC = re.compile(
    r"(?<![\w:-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})"
    r"(?![\w:-])"
)
_MAYBE_V4 = re.compile(r"\d[ ]?\.[ ]?\d{1,3}[ ]?\.[ ]?\d{1,3}[ ]?\.[ ]?\d")
_MAYBE_V6 = re.compile(r":[0-9a-f]{0,4}:")
_MAYBE_MAC = re.compile(r":[0-9a-f]{2}:[0-9a-f]{2}:|-[0-9a-f]{2}-[0-9a-f]{2}-|\.[0-9a-f]{4}\.")
_VERSION = re.compile(r"(?:\bv|version|\bver\.?|release|build|revision|[a-z]/)[ :=]{0,2}\Z")
_OF_NOBODY = frozenset({"127.0.0.1", "0.0.0.0", "255.255.255.255"})  # noqa: S104 not bound to
_LOGIN = re.compile(r"://([^\s/@:\"'<>]{0,100}):([^\s/@\"'<>]{1,200})@[\w.\[\]:-]{1,253}")


def find_ips(page: Page) -> Iterator[Match]:
    """IPv4 and IPv6 addresses, without versions of software and the loopback."""
    if page.hints.matches(_MAYBE_V4):
        for match in _V4.finditer(page.lower):
            version = _VERSION.search(page.lower[max(0, match.start() - 12) : match.start()])
            if not version and match[0].replace(" ", "") not in _OF_NOBODY:
                yield Match("IP", PII, match.start(), match.end())
    if page.hints.matches(_MAYBE_V6):
        for match in _V6.finditer(page.lower):
            if _is_v6(match[0]):
                yield Match("IP", PII, match.start(), match.end())


def find_macs(page: Page) -> Iterator[Match]:
    """Hardware addresses."""
    if page.hints.matches(_MAYBE_MAC):
        for match in _MAC.finditer(page.lower):
            if len(set(match[0])) > 2 and not match[0].isdecimal():
                yield Match("MAC", PII, match.start(), match.end())


def find_url_logins(page: Page) -> Iterator[Match]:
    """`scheme://user:password@host`; the span ends with the host."""
    at = page.text.find("://")
    while at >= 0:
        match = _LOGIN.match(page.text, at)
        if match and not is_placeholder(match[2]):
            yield Match("URL_CREDENTIAL", SECRET, match.start(1), match.end())
        at = page.text.find("://", at + 3)


def _is_v6(text: str) -> bool:
    """Whole, or shortened with three parts left: `a::b` and times are code or nothing."""
    parts = [part for part in text.split(":") if part]
    if len(parts) < 3 or not any(map(str.isdigit, text)):
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
