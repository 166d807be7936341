"""Numbers of persons' records, known by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from router.detect.finding import PHI, PII
from router.detect.page import Match, Page

_IS = (
    r"\.?[ \t]{0,3}(?:number|numero|nummer|numer|num|no\.?|nr\.?|n[°o]\.?|n\.|id|code)?[ \t]{0,3}"
    r"(?:is|was|ist|lautet|est|es|to|jest|e(?=[ ])|[:=#\-])?[ \t]{0,3}#?[ \t]{0,2}"
)
_ID = r"((?=[a-z0-9\-/. ]{0,24}\d)(?:[a-z][ ])?[a-z0-9](?:[-/.]?[a-z0-9]){3,19})(?![\w])"


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of number: the hint that must stand in the text, and where its number lies."""

    type: str
    category: str
    hints: tuple[str, ...]
    shape: re.Pattern[str]
    digits: int = 4


def _row(
    type_: str, category: str, hints: str, words: str, number: str = _ID, digits: int = 4
) -> Record:
    return Record(
        type_, category, tuple(hints.split("|")), re.compile(rf"(?:{words}){_IS}{number}"), digits
    )


RECORDS: tuple[Record, ...] = (
    _row("MRN", PHI,
         "mrn|medical|patient|chart|hospital|krankenakte|dossier|historia|cartella|pacjent|paciente",
         r"\bmrn\b|\bmedical[ -]record\b|\bpatient(?:en)?(?:[ -](?:id|number|no|record)|nummer)\b"
         r"|\bchart\b|\bhospital (?:number|no|id)\b|\bkrankenakte\b|\bdossier (?:du )?(?:medical"
         r"|patient)\b|\bhistoria clinica\b|\bcartella clinica\b|\bnume?r?o? pacjenta\b"
         r"|\bnumero (?:de|do|del) (?:paciente|utente)\b"),
    _row("HEALTH_PLAN", PHI,
         "insurance|member|policy|beneficiary|versicher|kvnr|assure|afiliado|sanitaria",
         r"\b(?:health )?insurance (?:id|number|no|policy)\b|\bmember id\b|\bbeneficiary\b"
         r"|versicher(?:ten|ungs)-?(?:nummer|nr)\b|\bkvnr\b|\bnumero d'assure\b"
         r"|\bnumero de afiliado\b|\btessera sanitaria\b",
         r"((?=[a-z0-9\-/. ]{0,24}\d)[a-z0-9]{1,4}(?:[-/. ]?[a-z0-9]{1,4}){1,6})(?![\w])"),
    _row("DRIVER_LICENSE", PII,
         "licen|permis|driving|hrerschein|carnet|patente|rijbewijs|praw|dl|conduc|korkort|forerkort",
         r"\bdriv(?:er|ing)(?:'?s)?[ -]licen[cs]e\b|\bfu?e?hrerschein(?:nummer)?\b|\bpermis "
         r"de conduire\b|\b(?:carnet|permiso|licencia) de conducir\b|\bpatente(?: di guida)?\b"
         r"|\brijbewijs(?:nummer)?\b|\bpraw[oa] jazdy\b|\bdl(?= ?#)|\bcarta de conducao\b"
         r"|\bkorkort\b|\bforerkort\b"),
    _row("PASSPORT", PII,
         "passport|reisepass|passnummer|passnr|passeport|pasaporte|passaport|paspoort|paszport",
         r"\bpassport\b|\b(?:reise)?pass(?:nummer|nr)\b|\breisepass\b|\bpasseport\b|\bpasaporte\b|\bpassaport[oe]\b"
         r"|\bpaspoort(?:nummer)?\b|\bpaszport(?:u)?\b"),
    _row("ID_CARD", PII,
         "identi|id card|ausweis|cni|national id|dowod|cedula|cidadao",
         r"\bidentity card\b|\bid card\b|\b(?:personal)?ausweis(?:nummer|nr)?\b|\bcni\b"
         r"|\bnational id\b|\bcarte d'identite\b|\bcarta d'identita\b|\bdocumento de identidad\b"
         r"|\bcedula\b"
         r"|\bdow(?:od|odu) osobist(?:y|ego)\b|\bidentiteits(?:kaart|bewijs)(?:nummer)?\b"
         r"|\bbilhete de identidade\b|\bcartao de cidadao\b"),
    _row("BANK_ACCOUNT", PII,
         "account|konto|konta|routing|sort code|cuenta|compte|conto|conta|rekening",
         r"\b(?:bank )?account (?:number|no|nr)\b|\bkonto(?:nummer|nr)\b|\brouting\b|\bsort code\b"
         r"|\bnumero (?:de|di|da) (?:compte|cuenta|conto|conta)\b|\bconto corrente\b"
         r"|\brekening(?:nummer|nr)\b|\b(?:numer|nr) konta\b",
         r"(\d(?:[-. ]?\d){5,17})(?!\w)", 6),
    _row("CUSTOMER", PII, "customer|client|kunde", r"\bcustomer\b|\bclient\b"
                                                   r"|\bkunden(?:nummer|nr)\b",
         r"(\d{4,10}|[a-z]{1,3}-\d{3,10})(?!\w)"),
    _row("ORDER", PII, "order|bestell|invoice|rechnung|booking|commande|pedido",
         r"\border\b|\bbestell(?:ung|nummer|nr)\b|\binvoice\b|\brechnung(?:snummer|snr)?\b"
         r"|\bbooking\b"
         r"|\bcommande\b|\bpedido\b", r"((?:[a-z]{1,5}[-_])?\d{4,12})(?![\w]|[.,/]\d)"),
)  # fmt: skip
_FEWEST = min(record.digits for record in RECORDS)
_SAID = re.compile(r"\b(?:customer|client|number|is|am)[ ](c[ ]\d{4,6})(?![\w-])")
_REACH = 120
_CUSTOMER = re.compile(r"c(?<![\w-]c)[ ]?(?:-|dash|hyphen)[ ]?\d{4,6}(?![\w-])")


def find_records(page: Page) -> Iterator[Match]:
    """Every kind of the table."""
    if not page.hints.digits(_FEWEST):
        return
    for record in RECORDS:
        for start, end in _places(page.lower, page.hints.standing(record.hints)):
            if not page.hints.digits(record.digits, start, end):
                continue
            for match in record.shape.finditer(page.lower, start, end):
                if sum(map(str.isdigit, match[1])) >= record.digits:
                    yield Match(record.type, record.category, match.start(1), match.end(1))


def _places(text: str, hints: Iterable[str]) -> Iterator[tuple[int, int]]:
    for hint in hints:
        at = text.find(hint)
        while at >= 0:
            yield max(0, at - 24), at + _REACH
            at = text.find(hint, at + _REACH // 2)


def find_customers(page: Page) -> Iterator[Match]:
    """Customer numbers of the reference CRM: `C-1042`."""
    if not page.hints.row(4):
        return
    for match in _CUSTOMER.finditer(page.lower):
        yield Match("CUSTOMER", PII, match.start(), match.end())
    for match in _SAID.finditer(page.lower) if " c " in page.lower else ():
        yield Match("CUSTOMER", PII, match.start(1), match.end(1))
