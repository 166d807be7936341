"""Identifiers drawn by a seed, in sentences, beside numbers that are none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from bench.judged import Judged, Span
from router.detect import national_checks as check
from router.detect.checksums import luhn, mod97

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_IBANS = {"DE": 18, "FR": 23, "ES": 20, "NL": 14, "BE": 12, "CH": 17, "IT": 23, "PL": 24, "AT": 16}
_ABROAD = ("1", "44", "49", "33", "41")
_SITES = ("example.com", "mail.example.org", "firma-mueller.de", "uni.edu", "shop.co.uk", "x1.io")
_NAMES = ("jane", "max", "li.wei", "o_brien", "anna-maria", "j", "t.olsen99", "first.last", "info")
_SENTENCES: Mapping[str, tuple[str, ...]] = {
    "EMAIL": ("Write to {} please.", "My address: {}", "mail={};", "<{}>", "Is {} still yours?"),
    "PHONE": ("Call me at {} tomorrow.", "Phone: {}", "You can reach her under {}.", "tel. {}"),
    "CARD": ("My card is {}.", "Charge {} again", "PAN {}, expires soon", "cc: {}"),
    "IBAN": ("Send it to {} today.", "IBAN {}", "account={},", "The refund goes to {}."),
    "SSN": ("My SSN is {}.", "social security number {}", "SSN: {}"),
    "IP": ("Login from {} failed.", "host {} is down", "ip={}"),
    "MAC": ("The device {} is unknown.", "mac {}"),
    "STEUER_ID": ("Steuer-ID {}.", "tax id: {}", "Meine Nummer ist {}"),
    "NINO": ("NI number {}.", "My NINO is {}"),
    "NIF_ES": ("DNI {}.", "Mi NIE es {}"),
    "INSEE": ("NIR {}.", "Mon numéro est {}"),
    "AHV": ("AHV {}.", "Nr. {}"),
    "PESEL": ("PESEL {}.", "numer {}"),
    "CUSTOMER": ("Customer {} called.", "I am {}."),
}
_NOTHING = (
    "Parcel {d4}-{d7} shipped, tracking {d12}.", "Version {d1}.{d2}.{d1} of {d4}-{d2}-{d2}.",
    "It costs {d3},{d3}.{d2} euros.", "ISBN 978-{d1}-{d4}-{d4}-{d1}", "at {d2}:{d2}:{d2} UTC",
    "commit {hex40}", "sha256:{hex64}", "id {uuid}", "Article {d4} in box {d3}, shelf {d2}.",
    "error 0x{hex8} at line {d4}", "Meet @alice about #{d6}", "std::vector<int> a[{d3}];",
    "coordinates {d2}.{d6}, {d2}.{d6}", "build {d9} took {d3} ms", "{d4} x {d4} pixels",
    "Refunds take {d2} days. The warranty is {d2} months.", "timestamp {epoch}",
)  # fmt: skip


def drawn(seed: int, each: int) -> list[Judged]:
    """`each` texts for every type, and as many with numbers that are no identifiers."""
    rng = random.Random(seed)  # noqa: S311 a measurement, no secret
    texts = [_sentence(rng, type_) for type_ in _SENTENCES for _ in range(each)]
    nothing = [Judged(_fill(rng, rng.choice(_NOTHING)), ()) for _ in range(each * 4)]
    return texts + nothing


def _sentence(rng: random.Random, type_: str) -> Judged:
    before, after = rng.choice(_SENTENCES[type_]).split("{}")
    value = _VALUES[type_](rng)
    return Judged(before + value + after, (Span(type_, len(before), len(before) + len(value)),))


def _some(rng: random.Random, count: int, of: str = _DIGITS) -> str:
    return "".join(rng.choices(of, k=count))


def _until(make: Callable[[], str], valid: Callable[[str], bool]) -> str:
    while not valid(text := make()):
        pass
    return text


def _groups(text: str, *sizes: int, sign: str = " ") -> str:
    parts, read = [], 0
    for size in sizes:
        parts.append(text[read : read + size])
        read += size
    return sign.join([*parts, text[read:]] if read < len(text) else parts)


def _card(rng: random.Random) -> str:
    start, size = rng.choice((("4", 16), ("5" + rng.choice("12345"), 16), ("37", 15), ("6011", 16)))
    text = _until(lambda: start + _some(rng, size - len(start)), luhn)
    shape = (4, 6, 5) if size == 15 else (4, 4, 4, 4)
    return rng.choice((text, _groups(text, *shape), _groups(text, *shape, sign="-")))


def _iban(rng: random.Random) -> str:
    country = rng.choice(sorted(_IBANS))
    rest = _some(rng, _IBANS[country])
    text = next(made for n in range(2, 99) if mod97(made := f"{country}{n:02d}{rest}"))
    return rng.choice((text, _groups(text, *[4] * (len(text) // 4)), text.lower()))


def _phone(rng: random.Random) -> str:
    return rng.choice((
        f"+{rng.choice(_ABROAD)} {_some(rng, 3)} {_some(rng, 3)} {_some(rng, 4)}",
        f"({_some(rng, 3)}) {_some(rng, 3)}-{_some(rng, 4)}",
        f"{_some(rng, 3)}-{_some(rng, 3)}-{_some(rng, 4)}",
        f"0{_some(rng, 3)} {_some(rng, 7)}",
        f"0{_some(rng, 1)}.{_groups(_some(rng, 8), 2, 2, 2, 2, sign='.')}",
        f"{_some(rng, 3)}{_some(rng, 7)}",
    ))  # fmt: skip


def _ssn(rng: random.Random) -> str:
    text = _until(lambda: _some(rng, 9), check.us_ssn)
    return rng.choice((_groups(text, 3, 2, 4, sign="-"), text, _groups(text, 3, 2, 4)))


def _ip(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return ".".join(str(rng.randint(1, 254)) for _ in range(4))
    return ":".join(f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(8))


def _steuer(rng: random.Random) -> str:
    text = _until(lambda: _some(rng, 11), check.de_steuer_id)
    return rng.choice((text, _groups(text, 2, 3, 3, 3)))


def _nino(rng: random.Random) -> str:
    text = _until(lambda: _some(rng, 2, _LETTERS), lambda two: check.uk_nino(two.lower()))
    text += _some(rng, 6) + rng.choice("ABCD")
    return rng.choice((text, _groups(text, 2, 2, 2, 2, 1)))


def _nif(rng: random.Random) -> str:
    start = rng.choice(("", "X", "Y", "Z"))
    number = start + _some(rng, 8 - len(start))
    return next(number + c for c in _LETTERS if check.es_nif((number + c).lower()))


def _insee(rng: random.Random) -> str:
    start = f"{rng.choice('12')}{_some(rng, 2)}{rng.randint(1, 12):02d}{rng.randint(1, 95):02d}"
    number = start + _some(rng, 6)
    text = number + f"{97 - int(number) % 97:02d}"
    return rng.choice((text, _groups(text, 1, 2, 2, 2, 3, 3, 2)))


def _ahv(rng: random.Random) -> str:
    text = _until(lambda: "756" + _some(rng, 10), check.ch_ahv)
    return rng.choice((text, _groups(text, 3, 4, 4, 2, sign=".")))


_VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "EMAIL": lambda rng: f"{rng.choice(_NAMES)}{rng.randint(1, 99)}@{rng.choice(_SITES)}",
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "SSN": _ssn,
    "IP": _ip,
    "MAC": lambda rng: ":".join(f"{rng.randint(16, 255):02x}" for _ in range(6)),
    "STEUER_ID": _steuer,
    "NINO": _nino,
    "NIF_ES": _nif,
    "INSEE": _insee,
    "AHV": _ahv,
    "PESEL": lambda rng: _until(lambda: _some(rng, 11), check.pl_pesel),
    "CUSTOMER": lambda rng: f"C-{rng.randint(1000, 1999)}",
}


def _fill(rng: random.Random, template: str) -> str:
    hexes = "0123456789abcdef"
    fields = {f"d{n}": _some(rng, 1, "123456789") + _some(rng, n - 1) for n in range(1, 13)}
    fields |= {f"hex{n}": _some(rng, n, hexes) for n in (8, 40, 64)}
    fields["uuid"] = "-".join(_some(rng, n, hexes) for n in (8, 4, 4, 4, 12))
    fields["epoch"] = str(rng.randint(1_600_000_000_000, 1_800_000_000_000))
    return template.format(**fields)
