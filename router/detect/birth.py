"""Dates of birth: a date shortly after words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.finding import PII
from router.detect.page import Match, Page

_MONTH = (
    r"(?:jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]"
    r"|janv|fev|avr|juin|juil|aout|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|out|mei|mrt|maj"
    r"|stycz|lut|kwie|czerw|lip|sierp|wrze|paz|list|grud)[a-z]{0,8}\.?"
)
_DATE = re.compile(
    r"\d{4}[ ]?[-./][ ]?\d{1,2}[ ]?[-./][ ]?\d{1,2}(?!\d)"
    r"|\d{1,2}[ ]?[-./][ ]?\d{1,2}[ ]?[-./][ ]?(?:19|20)?\d\d(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|er)?[ -](?:of |de )?{_MONTH},?(?: de)?[ -](?:19|20)?\d\d(?!\d)"
    rf"|{_MONTH}[ ]\d{{1,2}}(?:st|nd|rd|th)?,?[ ](?:19|20)\d\d(?!\d)"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d(?!\d)"
)
_SAYS = re.compile(
    r"\bd\.?o\.?b\b|\bbirth|\bborn\b|\bb-?day\b|\bgeb(?:oren|urtsdatum|urtstag|\.)|\bnee? le\b"
    r"|naissance|\bnacid[oa]\b|nacimiento|nat[oa] (?:a [a-z' ]{2,24} )?il\b|nascita|geboortedatum"
    r"|\bnascid[oa]\b|nascimento|urodz|\bur\.|fodselsdato|\bfod[td]\b|fodelsedatum|syntym|narozen"
)
_HINTS = (
    "birth",
    "born",
    "dob",
    "d.o.b",
    "o.b",
    "bday",
    "b-day",
    "geb",
    "nee le",
    "ne le",
    "naiss",
    "nac",
    "nat",
    "nasc",
    "urodz",
    "ur.",
    "fod",
    "syntym",
    "naroz",
)
_REACH = 40


def find_births(page: Page) -> Iterator[Match]:
    """The first date within forty characters after each such word."""
    if not page.hints.digits(3) or not page.hints.any(*_HINTS):
        return
    for word in _SAYS.finditer(page.lower):
        date = _DATE.search(page.lower, word.end(), word.end() + _REACH)
        if date:
            yield Match("DATE_OF_BIRTH", PII, date.start(), date.end())
