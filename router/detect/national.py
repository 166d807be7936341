"""Numbers that states give to people: tax, social security, health and identity numbers.

Each row is a shape, a check and, where shape and check pass by chance too often, the words that
must stand shortly before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from router.detect import national_checks as check
from router.detect.chains import GAP, Chains, Starts, matches
from router.detect.checksums import verhoeff
from router.detect.context import near
from router.detect.finding import PHI, PII
from router.detect.page import Match, Page

_REACH = 60
_MANY = 20
_OTHER = re.compile(
    r"(?:\btel|phone|\bfon\b|handy|mobil|cell|compte|konto|konta|account|cuenta|conto|rekening"
    r"|order|bestell|invoice|rechnung|commande|pedido|zamowieni|tracking|sendung|parcel|\bean\b"
    r"|isbn|artikel|ticket|serial)[a-z.]{0,12}[ ]?(?:number|nummer|no\.?|nr\.?|n[°o.]\.?)?"
    r"(?: is)?[ :#.=]{0,4}\Z"
)
_SIGNS = str.maketrans("", "", "-+./ ")
_OPEN, _SHUT = r"(?<![\w+])", r"(?![\w]|[-.]\d)"


Places: TypeAlias = tuple[int, Starts]
"""How many digits the shortest chain has in which a number can begin, and where it can."""


@dataclass(frozen=True, slots=True)
class Number:
    """One kind of number; `needs` are words asked for unless the text matches `sure`.

    `hints` are what those words have in them, `least` is how many digits it has at the least;
    `starts` gives every place where it can begin, None for anywhere, and there only where a chain
    has `chain` digits. `names` are words that prefer
    it to another kind of the same digits, and without which words for something else rule it out.
    """

    type: str
    shape: re.Pattern[str]
    valid: Callable[[str], bool]
    needs: re.Pattern[str] | None = None
    sure: re.Pattern[str] | None = None
    category: str = PII
    hints: tuple[str, ...] = ()
    least: int = 0
    starts: Starts | None = None
    names: re.Pattern[str] | None = None
    chain: int = 0


def _row(type_: str, shape: str, valid: Callable[[str], bool], needs: str = "", sure: str = "",
         category: str = PII, starts: Places | None = None, names: str = "",
         least: int = 0) -> Number:  # fmt: skip
    body = shape.replace("~", GAP)
    return Number(
        type_,
        re.compile(_OPEN + "(?:" + body + ")" + _SHUT, re.ASCII),
        valid,
        re.compile(needs) if needs else None,
        re.compile(sure, re.ASCII) if sure else None,
        category,
        tuple(map(_longest, needs.split("|"))) if needs else (),
        least or min(part.count(r"\d") for part in shape.split("|")),
        starts[1] if starts else None,
        re.compile(names) if names else None,
        starts[0] if starts else 0,
    )


def _longest(words: str) -> str:
    """The longest piece that every text has which matches; the shape has no alternatives."""
    fixed = re.sub(r"\\b|\(\?[:!][^)]*\)\??|\[[^\]]*\]\??|.\?", "\0", words)
    return max(re.split("[^a-z]+", fixed), key=len)


def _of(*counts: int) -> Places:
    return min(counts), lambda chains: _merged(chains.of(count) for count in counts)


def _before_letter(count: int) -> Places:
    return count, lambda chains: chains.last(count)


def _nif_es(chains: Chains) -> list[int]:
    return _merged((chains.last(8), chains.before(7, 4)))


def _nif_pt(chains: Chains) -> list[int]:
    """For taxes on sales the country stands before it."""
    return _merged((chains.of(9), chains.before(9, 8)))


def _nino(chains: Chains) -> list[int]:
    return chains.before(6, 8)


def _insee(chains: Chains) -> list[int]:
    """Corsica's letters come after six digits."""
    return _merged((chains.of(15), chains.last(6)))


def _dated(chains: Chains) -> list[int]:
    """A date of six or eight digits, then four more in the same chain or another."""
    return _merged((chains.of(10), chains.of(12), chains.last(6), chains.last(8)))


def _ahv(chains: Chains) -> list[int]:
    return [at for at in chains.of(13) if chains.text[at] == "7"]


def _merged(places: Iterable[list[int]]) -> list[int]:
    return sorted(chain.from_iterable(places))


def _digits(count: int) -> str:
    return "~".join([r"\d"] * count)


_LOW, _PAIR = "[a-z]", r"\d~\d"
NUMBERS: tuple[Number, ...] = (
    _row("SSN", _digits(9), check.us_ssn,
         r"\bssn\b|social[ -]?sec|\bsocial\b(?! media)|\bss ?#|\btax\b",
         r"\d ?\d ?\d ?- ?\d ?\d ?- ?\d ?\d ?\d ?\d",
         starts=_of(9)),
    _row("ITIN", _digits(9), check.us_itin, r"\bitin\b|tax", r"\d{3}([- ])\d{2}\1\d{4}",
         starts=_of(9)),
    _row("NINO", rf"{_LOW}~{_LOW}~{_PAIR}~{_PAIR}~{_PAIR}~[a-d]", check.uk_nino,
         starts=(6, _nino)),
    _row("NHS", _digits(10), check.uk_nhs, r"\bnhs\b|health (?:service )?number", category=PHI,
         starts=_of(10)),
    _row("STEUER_ID", _digits(11), check.de_steuer_id, names=r"steuer|\bid-?nr\b|\btin\b|\btax\b",
         starts=_of(11)),
    _row("SVNR_DE", rf"{_digits(8)}~{_LOW}~{_digits(3)}", check.de_social_security,
         starts=_before_letter(8)),
    _row("NIF_ES", rf"[xyz]~{_digits(7)}~{_LOW}|{_digits(8)}~{_LOW}", check.es_nif,
         r"\b(?:nif|dni|nie)\b", r"[xyz\d][-.]?\d{7}-?[a-z]|\d{2}\.\d{3}\.\d{3}-?[a-z]"
                                 r"|[xyz\d](?: \d){7} [a-z]",
         starts=(7, _nif_es)),
    _row("INSEE", rf"[1-478]~{_digits(4)}~\d~[\dab]~{_digits(8)}", check.fr_insee,
         starts=(6, _insee)),
    _row("CODICE_FISCALE", rf"(?:{_LOW}~){{6}}(?:[0-9lmnp-v]~){{2}}[abcdehlmprst]"
         rf"(?:~[0-9lmnp-v]){{2}}~{_LOW}(?:~[0-9lmnp-v]){{3}}~{_LOW}", check.it_codice_fiscale),
    _row("BSN", _digits(9), check.nl_bsn, r"\bbsn\b|burgerservice|sofinummer",
         starts=_of(9)),
    _row("PESEL", _digits(11), check.pl_pesel, names="pesel",
         starts=_of(11)),
    _row("RIJKSREGISTER", _digits(11), check.be_national,
         names=r"rijksregister|\binsz\b|\bniss\b|registre national|numero national"
               "|nationaal nummer",
         starts=_of(11)),
    _row("AHV", rf"7~5~6~{_digits(10)}", check.ch_ahv,
         starts=(13, _ahv)),
    _row("CPF", _digits(11), check.br_cpf, r"\bcpf\b", r"\d{3}\.\d{3}\.\d{3}-\d{2}",
         starts=_of(11)),
    _row("SIN", _digits(9), check.ca_sin, r"\bsin\b|social insurance|assurance sociale",
         starts=_of(9)),
    _row("AADHAAR", _digits(12), verhoeff, r"aa?dhaa?r|\buid(?:ai)?\b", r"[2-9]\d{3}([ "
                                                                        r"-])\d{4}\1\d{4}",
         starts=_of(12)),
    _row("PERSONNUMMER", rf"(?:1~9~|2~0~)?{_digits(6)}[ ]?[-+]?[ "
                         rf"]?{_digits(4)}", check.se_personnummer,
         r"personn(?:umme)?r|\bpnr\b", r"(?:19|20)?\d{6}[-+]\d{4}",
         starts=(6, _dated), least=10),
    _row("HETU", r"\d{6}[-+a-fu-y]\d{3}[0-9a-y]", check.fi_hetu, least=9),
    _row("CPR", rf"{_digits(6)}[ ]?-?[ ]?{_digits(4)}", check.dk_cpr, r"\bcpr\b|personnummer",
         starts=(6, _dated)),
    _row("NIF_PT", rf"(?:p~t~)?{_digits(9)}", check.pt_nif, r"\bnif\b|contribuinte",
         starts=(9, _nif_pt)),
    _row("PPS", rf"{_digits(7)}~{_LOW}(?:~[a-iw])?", check.ie_pps, r"\bpps",
         starts=_before_letter(7)),
    _row("TFN", _digits(9), check.au_tfn, r"\btfn\b|tax file",
         starts=_of(9)),
    _row("MEDICARE_AU", rf"[2-6]~{_digits(9)}(?:~\d)?", check.au_medicare, r"medicare",
         category=PHI,
         starts=_of(10, 11)),
    _row("MBI", r"[1-9][ac-hj-km-np-rt-y][0-9ac-hj-km-np-rt-y]\d-?[ac-hj-km-np-rt-y]"
         r"[0-9ac-hj-km-np-rt-y]\d-?[ac-hj-km-np-rt-y]{2}\d{2}", check.always, category=PHI),
)  # fmt: skip


def find_national(page: Page, numbers: Sequence[Number] = NUMBERS) -> Iterator[Match]:
    """Every number of the table, in any spacing; first those that are called by their names."""
    found = [one for start, end in page.dense for one in _in_stretch(page, numbers, start, end)]
    for _, match in sorted(found, key=lambda one: not one[0]):
        yield match


def _in_stretch(
    page: Page, numbers: Sequence[Number], start: int, end: int
) -> Iterator[tuple[bool, Match]]:
    """Each number, and whether it is called by its name."""
    digits = page.hints.count(start, end)
    able = [number for number in numbers if number.least <= digits]
    if not able:
        return
    chains = Chains(page.lower, start, end)
    for number in able:
        if number.chain > chains.longest:
            continue
        said = page.hints.any(*number.hints, start=start - _REACH, end=end)
        if said or number.sure:
            for match in _matches(page, number, chains, said):
                if _holds(page, number, match, said):
                    named = _named(page, number, match.start())
                    if named or number.names is None or not _called_otherwise(page, match.start()):
                        yield named, Match(number.type, number.category, *match.span())


def _matches(page: Page, number: Number, chains: Chains, said: bool) -> Iterable[re.Match[str]]:
    """Of a kind that must look sure, many places are only tried where one of them can."""
    start, end = chains.span
    if number.starts is None:
        return number.shape.finditer(page.lower, start, end)
    starts = number.starts(chains)
    if not said and len(starts) > _MANY and not page.hints.matches(number.sure, start, end):
        return ()
    return matches(number.shape, page.lower, starts, end)


def _holds(page: Page, number: Number, match: re.Match[str], said: bool) -> bool:
    """`said`: one of the words may stand before it."""
    called = said and (number.needs is None or near(page, match.start(), number.needs, _REACH))
    if not called and not (number.sure and number.sure.fullmatch(match[0])):
        return False
    compact = match[0].translate(_SIGNS) if number.type != "HETU" else match[0]
    return number.valid(compact)


def _named(page: Page, number: Number, at: int) -> bool:
    words = number.names or number.needs
    return words is not None and near(page, at, words, _REACH)


def _called_otherwise(page: Page, at: int) -> bool:
    """Right beside a word for something else a check digit may fit by chance."""
    return _OTHER.search(page.lower[max(0, at - 30) : at]) is not None
