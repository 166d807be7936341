"""Telephone numbers: shapes that say so themselves (ITU-T E.123), others by their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from router.detect.chains import matches
from router.detect.finding import PII
from router.detect.page import Match, Page

_SEP = r"[-./() \t]{0,4}"
_EXT = r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?"
_OPEN, _SHUT = r"(?<![\w+])(?<!\d[-./])", r"(?![\w@])"
_SHAPES = re.compile(
    _OPEN
    + r"(?:"
    + rf"(?:\+|00[ ]?(?=[1-9])){_SEP}\d(?:{_SEP}\d){{6,14}}"
    + r"|\(\d{1,3}[ ]?\d{1,4}\)[-./ ]{0,3}\d{2,8}(?:[-. ]\d{2,8}){0,3}"
    + r"|(?:1[-. ])?\(?\d{3}\)?(?P<s>[-. ])\d{3}(?P=s)\d{4}"
    + r"|0(?!00)\d{1,4}(?:[-./ ]|[ ][-/][ ])\d{1,8}(?:(?:[-./ ]|[ ][-/][ ])\d{2,8}){0,4}"
    + r"|0[1-9]\d{8,9}"
    + r")"
    + _EXT
    + _SHUT,
    re.ASCII,
)
_LOOSE = re.compile(_OPEN + rf"\(?\d(?:{_SEP}\d){{5,14}}" + _EXT + _SHUT, re.ASCII)
_SAYS = re.compile(
    r"phone|telefon|telephone|telefono|\btel\b|mobile?\b|movil|handy|\bcell|\bfax"
    r"|\bcall|\bring\b|reach|\bdial|\bsms\b|\btext(?:ed)? (?:me|him|her|us)|whatsapp|signal\b"
    r"|erreichbar|chiam|telem|\bgsm\b|\bnatel|puhelin|dzwon|\bkom\.|komork|festnetz|durchwahl|\btlf|\bfon\b|\bbel(?:len)?\b"
    r"|contatt|kontakt|recapito|joindre|portable|\blig(?:ue|ar)\b|cellulare"
    r"|contact|answering|hotline|rufnummer|anruf|registered|appel|llam|number is|pager|voicemail"
)
_SAYS_PARTLY = re.compile(_SAYS.pattern.replace(r"\b", ""))
_AFTER = re.compile("office|fax|mobile|cell|home|work|phone|tel|direct")
_SAYS_AFTER = re.compile(rf"[- ,:(\[]{{0,3}}(?:{_AFTER.pattern})\b")
_BEGINS = re.compile(r"[+(]|\d+")
_OTHER = re.compile(
    r"(?:\border|invoice|ticket|\bref|\bcase|account|\bid|serial|isbn|version|\bv|zip|postcode"
    r"|\bplz|\bcard|iban|tracking|amount|total|item|\bsku|model|part|licen|passport)"
    r"[a-z.]{0,8}[ ]?(?:number|no\.?|nr\.?|code)?[ ]?(?:is)?[ :#.=]{0,4}(?:[a-z] )?\Z"
)
_DATE = re.compile(
    r"(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d\d|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2})(?![\d./-]?\d)"
)
_PAIRS = re.compile(
    r"\d\d([ .-])\d\d\1\d\d\Z|\d{3}[ -]\d{3}\Z|\d\d(?:[ ]{2,4}\d\d){2}\Z|\d \d   \d \d   \d \d\Z"
)
_DRAWN = re.compile(r"\d\d(?:[ .-]\d\d){5,}\Z")
_CALL = re.compile(r"\b(?:call|phone|tel|fax|mobile|cell)\b[^\d\n]{0,12}\Z")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_BEFORE = 48
_LEAST, _MOST = 7, 16


def find_phones(page: Page) -> Iterator[Match]:
    """Numbers that look like nothing else, then those that stand beside such words."""
    for match in _numbers(page, _SHAPES):
        least = 10 if match[0][0] == "0" else _LEAST
        if (
            _dialled(match[0], least)
            and not _DRAWN.match(match[0])
            and not _called_otherwise(page, match.start())
        ):
            yield Match("PHONE", PII, match.start(), match.end())
    for match in _numbers(page, _LOOSE, only=_called_somewhere):
        paired = _PAIRS.match(match[0]) is not None or _called(page, match)
        if _dialled(match[0], 6 if paired else _LEAST) and _said(page, match):
            yield Match("PHONE", PII, match.start(), match.end())


def _numbers(
    page: Page, shape: re.Pattern[str], only: Callable[[Page, int, int], bool] | None = None
) -> Iterator[re.Match[str]]:
    """Matches in the dense stretches that `only` lets pass, by the signs numbers begin with."""
    for start, end in page.dense:
        if only is None or only(page, start, end):
            yield from matches(shape, page.lower, page.hints.places(_BEGINS, start, end), end)


def _called_somewhere(page: Page, start: int, end: int) -> bool:
    """Whether any number in the stretch could have one of the words before or after it."""
    return page.hints.matches(_SAYS_PARTLY, start - _BEFORE, end) or page.hints.matches(
        _AFTER, start, end + 16
    )


def _dialled(text: str, least: int = _LEAST) -> bool:
    number = re.split("[xe]", text, maxsplit=1)[0]
    digits = re.sub(r"\D", "", number)
    whole = least <= len(digits) <= _MOST and len(set(digits)) > 1
    return whole and not _DATE.match(text) and not _IP.match(text)


def _called_otherwise(page: Page, at: int) -> bool:
    return _OTHER.search(page.lower[max(0, at - 24) : at]) is not None


def _called(page: Page, match: re.Match[str]) -> bool:
    """Six digits in one piece are a telephone number only right beside the word."""
    before = page.lower[max(0, match.start() - 24) : match.start()]
    after = _SAYS_AFTER.match(page.lower, match.end())
    return after is not None or _CALL.search(before) is not None


def _said(page: Page, match: re.Match[str]) -> bool:
    if _SAYS_AFTER.match(page.lower, match.end()):
        return True
    before = page.lower[max(0, match.start() - _BEFORE) : match.start()]
    words = list(_SAYS.finditer(before))
    return bool(words) and _OTHER.search(before) is None
