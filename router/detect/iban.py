"""IBANs (ISO 13616): the length of the country in the SWIFT registry, and MOD 97-10."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.checksums import mod97
from router.detect.finding import PII
from router.detect.page import Match, Page

_LENGTHS = {
    code: length
    for length, codes in {
        15: "NO", 16: "BE", 18: "DK FO FI GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV", 22: "BH BG CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA",
        30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip
_NUMERIC = frozenset(
    [
        "AE",
        "AT",
        "BA",
        "BE",
        "CR",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FO",
        "GL",
        "HR",
        "HU",
        "IL",
        "IS",
        "LT",
        "ME",
        "NO",
        "PL",
        "PT",
        "RS",
        "SE",
        "SI",
        "SK",
        "TN",
        "XK",
    ]
)
_START = re.compile(
    r"(?:(?<![^\W_])|(?<=iban))[a-z][ .\-_]{0,3}[a-z][ .\-_]{0,3}\d[ .\-_]{0,3}\d", re.ASCII
)
_DIGITS = 8
_SIGNS = r"[ .\-_]"
_PLAIN = str.maketrans("", "", " .-_/\r\n")
_REST = {
    length: re.compile(rf"(?:(?:[ .\-_/]{{0,3}}|[ ]?\r?\n[ ]?)[a-z0-9]){{{length - 4}}}", re.ASCII)
    for length in set(_LENGTHS.values())
}
"""What stands after the country and the check digits, by the length of the whole."""


def find_ibans(page: Page) -> Iterator[Match]:
    """Account numbers in one piece or in groups of any size."""
    done = 0
    for match in page.numbers(_START):
        country = match[0].translate(_PLAIN)[:2].upper()
        length = _LENGTHS.get(country)
        end = _end(page.lower, match.end(), length) if length else None
        if end and match.start() >= done:
            number = page.lower[match.start() : end].translate(_PLAIN)
            if _numbered(country, number[4:]) and mod97(number):
                yield Match("IBAN", PII, match.start(), end)
                done = end


def _numbered(country: str, account: str) -> bool:
    """Words after "at 10" or "no 12" are no account, though one in 97 passes the check."""
    return account.isdigit() or (
        country not in _NUMERIC and sum(map(str.isdigit, account)) >= _DIGITS
    )


def _end(text: str, start: int, length: int) -> int | None:
    """Where the rest of `length` ends, None when there is less of it or a word goes on."""
    rest = _REST[length].match(text, start)
    return None if rest is None or text[rest.end() : rest.end() + 1].isalnum() else rest.end()
