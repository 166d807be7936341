"""Numbers that states give to people: tax, social security, health and identity numbers.

Each row is a shape, a check and, where shape and check pass by chance too often, the words that
must stand shortly before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from router.detect import national_checks as check
from router.detect.checksums import verhoeff
from router.detect.context import near
from router.detect.finding import PHI, PII
from router.detect.page import Match, Page

_GAP = r"(?:[ ]?[-./][ ]?|[ ])?"
_REACH = 60
_OPEN, _SHUT = r"(?<![\w+])", r"(?![\w]|[-.]\d)"


@dataclass(frozen=True, slots=True)
class Number:
    """One kind of number; `needs` are words asked for unless the text matches `sure`.

    `least` is how many digits it has at the least.
    """

    type: str
    shape: re.Pattern[str]
    valid: Callable[[str], bool]
    needs: re.Pattern[str] | None = None
    sure: re.Pattern[str] | None = None
    category: str = PII
    least: int = 0


def _row(type_: str, shape: str, valid: Callable[[str], bool], needs: str = "", sure: str = "",
         category: str = PII) -> Number:  # fmt: skip
    body = shape.replace("~", _GAP)
    return Number(
        type_,
        re.compile(_OPEN + "(?:" + body + ")" + _SHUT, re.ASCII),
        valid,
        re.compile(needs) if needs else None,
        re.compile(sure + r"\Z", re.ASCII) if sure else None,
        category,
        min(part.count(r"\d") for part in shape.split("|")),
    )


def _digits(count: int) -> str:
    return "~".join([r"\d"] * count)


_LOW, _PAIR = "[a-z]", r"\d~\d"
NUMBERS: tuple[Number, ...] = (
    _row("SSN", _digits(9), check.us_ssn, r"\bssn\b|social[ -]?sec|\bsocial\b|\bss ?#|\btax\b",
         r"\d ?\d ?\d ?- ?\d ?\d ?- ?\d ?\d ?\d ?\d"),
    _row("ITIN", _digits(9), check.us_itin, r"\bitin\b|tax", r"\d{3}([- ])\d{2}\1\d{4}"),
    _row("NINO", rf"{_LOW}~{_LOW}~{_PAIR}~{_PAIR}~{_PAIR}~[a-d]", check.uk_nino),
    _row("NHS", _digits(10), check.uk_nhs, r"\bnhs\b|health (?:service )?number", category=PHI),
    _row("STEUER_ID", _digits(11), check.de_steuer_id),
    _row("SVNR_DE", rf"{_digits(8)}~{_LOW}~{_digits(3)}", check.de_social_security),
    _row("NIF_ES", rf"[xyz]~{_digits(7)}~{_LOW}|{_digits(8)}~{_LOW}", check.es_nif,
         r"\b(?:nif|dni|nie)\b", r"[xyz\d][-.]?\d{7}-?[a-z]|\d{2}\.\d{3}\.\d{3}-?[a-z]"
                                 r"|[xyz\d](?: \d){7} [a-z]"),
    _row("INSEE", rf"[1-478]~{_digits(4)}~\d~[\dab]~{_digits(8)}", check.fr_insee),
    _row("CODICE_FISCALE", rf"(?:{_LOW}~){{6}}(?:[0-9lmnp-v]~){{2}}[abcdehlmprst]"
         rf"(?:~[0-9lmnp-v]){{2}}~{_LOW}(?:~[0-9lmnp-v]){{3}}~{_LOW}", check.it_codice_fiscale),
    _row("BSN", _digits(9), check.nl_bsn, r"\bbsn\b|burgerservice|sofinummer"),
    _row("PESEL", _digits(11), check.pl_pesel),
    _row("RIJKSREGISTER", _digits(11), check.be_national),
    _row("AHV", rf"7~5~6~{_digits(10)}", check.ch_ahv),
    _row("CPF", _digits(11), check.br_cpf, r"\bcpf\b", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    _row("SIN", _digits(9), check.ca_sin, r"\bsin\b|social insurance|assurance sociale"),
    _row("AADHAAR", _digits(12), verhoeff, r"aa?dhaa?r|\buid(?:ai)?\b", r"[2-9]\d{3}([ "
                                                                        r"-])\d{4}\1\d{4}"),
    _row("PERSONNUMMER", rf"(?:1~9~|2~0~)?{_digits(6)}[ ]?[-+]?[ "
                         rf"]?{_digits(4)}", check.se_personnummer,
         r"personn(?:umme)?r|\bpnr\b", r"(?:19|20)?\d{6}[-+]\d{4}"),
    _row("HETU", r"\d{6}[-+a-fu-y]\d{3}[0-9a-y]", check.fi_hetu),
    _row("CPR", rf"{_digits(6)}[ ]?-?[ ]?{_digits(4)}", check.dk_cpr, r"\bcpr\b|personnummer"),
    _row("NIF_PT", _digits(9), check.pt_nif, r"\bnif\b|contribuinte"),
    _row("PPS", rf"{_digits(7)}~{_LOW}(?:~[a-iw])?", check.ie_pps, r"\bpps"),
    _row("TFN", _digits(9), check.au_tfn, r"\btfn\b|tax file"),
    _row("MEDICARE_AU", rf"[2-6]~{_digits(9)}(?:~\d)?", check.au_medicare, r"medicare",
         category=PHI),
    _row("MBI", r"[1-9][ac-hj-km-np-rt-y][0-9ac-hj-km-np-rt-y]\d-?[ac-hj-km-np-rt-y]"
         r"[0-9ac-hj-km-np-rt-y]\d-?[ac-hj-km-np-rt-y]{2}\d{2}", check.always, category=PHI),
)  # fmt: skip


def find_national(page: Page) -> Iterator[Match]:
    """Every number of the table, in any spacing."""
    for start, end in page.dense:
        digits = sum(map(str.isdigit, page.lower[start:end]))
        said = page.lower[max(0, start - _REACH) : end]
        for number in NUMBERS:
            if digits < number.least or not (number.sure or _said(number, said)):
                continue
            for match in number.shape.finditer(page.lower, start, end):
                if _holds(page, number, match):
                    yield Match(number.type, number.category, match.start(), match.end())


def _said(number: Number, text: str) -> bool:
    return number.needs is None or number.needs.search(text) is not None


def _holds(page: Page, number: Number, match: re.Match[str]) -> bool:
    compact = re.sub(r"[-+./ ]", "", match[0]) if number.type != "HETU" else match[0]
    if not number.valid(compact):
        return False
    if number.needs is None or near(page, match.start(), number.needs, _REACH):
        return True
    return number.sure is not None and number.sure.match(match[0]) is not None
