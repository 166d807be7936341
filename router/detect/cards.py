"""Payment cards: a known issuer's range and length (ISO/IEC 7812) and a Luhn check digit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.checksums import LuhnSums, luhn
from router.detect.context import near
from router.detect.digits import Run, runs
from router.detect.finding import PCI
from router.detect.page import Match, Page

_LEAST = 12
_ANY, _SURE = range(19, _LEAST - 1, -1), (16, 15)
"""How many digits a card may have, the longest first; the sure sizes need no word beside them."""
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"2131|1800"), (15,)),  # JCB, old
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),  # JCB
    (re.compile(r"30[0-59]|36|3[89]"), (14, 16, 17, 18, 19)),  # Diners Club
    (re.compile(r"6(?:011|4[4-9]|5|2)"), (16, 17, 18, 19)),  # Discover, UnionPay
    (re.compile(r"220[0-4]|8[12]|60|508"), (16,)),  # Mir, RuPay
    (re.compile(r"5018|5020|5038|5[6-9]|6"), (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
)
_SHAPES = frozenset(
    {
        (4, 4, 4, 4),
        (4, 6, 5),
        (4, 6, 4),
        (4, 4, 4, 4, 3),
        (4, 4, 5),
        (4, 4, 4),
        (8, 8),
        (4, 4, 4, 1),
    }
)
_SAYS = re.compile(
    r"card|credit|debit|visa|master|amex|maestro|diners|discover|unionpay|\bjcb\b|\bcc\b|\bpan\b"
    r"|karte|carte|tarjeta|carta|cartao|karta|karty|kaart|kort\b|bancomat|bancaire"
)
_BROKEN = re.compile(r"\d{4}[ ]?\r?\n[ ]?\d{4}")
_WRAPPED = re.compile(r"(?<![\w])\d{4}(?:(?:[ -]|[ ]?\r?\n[ ]?)\d{4}){3}(?![\w])")
_SECURITY = re.compile(
    r"\b(?:cvv2?|cvc2?|cid|card verification (?:value|code)|security code|sicherheitscode"
    r"|(?:karten)?pruf(?:ziffer|nummer)(?: der karte)?|code de securite|cryptogramme"
    r"|codigo de segur(?:idad|anca)|codice di sicurezza|kod bezpieczenstwa|beveiligingscode)\b"
    r"[ \t]{0,3}(?:is|ist|lautet|est|es|number|:|=|#)?[ \t]{0,3}(\d{3,4})(?!\d)"
)


_CODES = ("cv", "cid", "card ver", "code", "pruf", "crypto", "codi", "kod ")


def find_cards(page: Page) -> Iterator[Match]:
    """Card numbers, whole or in groups."""
    for run in runs(page, _LEAST):
        if not _grows(page, run):
            yield from _cards(run)
    if page.hints.matches(_BROKEN):
        yield from _wrapped(page)


def _wrapped(page: Page) -> Iterator[Match]:
    """Four groups of four over a line's end: columns of figures look so, and a word must say it."""
    for match in _WRAPPED.finditer(page.lower):
        digits = "".join(match[0].replace("-", " ").split())
        broken = "\n" in match[0] and issued(digits) and luhn(digits)
        if broken and near(page, match.start(), _SAYS):
            yield Match("CARD", PCI, *match.span())


def find_card_codes(page: Page) -> Iterator[Match]:
    """Security codes that are called so."""
    if not page.hints.row(3) or not page.hints.any(*_CODES):
        return
    for match in _SECURITY.finditer(page.lower):
        yield Match("CARD_CODE", PCI, match.start(1), match.end(1))


def issued(digits: str) -> bool:
    """Whether an issuer numbers cards so, the check digit left aside."""
    return any(len(digits) in sizes and start.match(digits) for start, sizes in _ISSUERS)


def _cards(run: Run) -> Iterator[Match]:
    said = near(run.page, run.start, _SAYS)
    if not said and len(run.digits) < min(_SURE):
        return
    first, count = 0, len(run.groups)
    sums = LuhnSums(run.digits)
    while first < count:
        last = _last(run, first, sums, said)
        if last is None:
            first += 1
        else:
            yield Match("CARD", PCI, run.groups[first][0], run.groups[last][1])
            first = last + 1


def _last(run: Run, first: int, sums: LuhnSums, said: bool) -> int | None:
    """The group at which the longest card from `first` on ends."""
    start = run.offsets[first]
    for size in _ANY if said else _SURE:
        last = run.ends.get(start + size)
        if (
            last is not None
            and sums.hold(start, start + size)
            and _plausible(run, first, last, said)
        ):
            return last
    return None


def _plausible(run: Run, first: int, last: int, said: bool) -> bool:
    """Unknown issuers, rare lengths and odd groupings happen by chance: a word must say card."""
    digits = run.digits[run.offsets[first] : run.offsets[last + 1]]
    if len(set(digits)) == 1:
        return False
    shape = tuple(b - a for a, b in run.groups[first : last + 1])
    usual = shape in _SHAPES or len(shape) == 1 or set(shape) == {1}
    if usual and len(digits) in _SURE and issued(digits):
        return True
    whole = first == 0 and last == len(run.groups) - 1
    return said and (usual or whole)


def _grows(page: Page, run: Run) -> bool:
    """A telephone number, a decimal or a word goes on where the digits seem to end."""
    before, after = page.text[max(0, run.start - 1) : run.start], page.text[run.end : run.end + 1]
    return before == "+" or after.isalpha()
