"""Mail addresses written around: "jane (at) example [dot] com", spoken or with spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.spelling import UNITS
from router.detect.ticks import Tick, never, ticking
from router.detect.view import Piece

_AT = re.compile(
    r"[ \t]{0,3}[\[({<][ ]?(?:at|@|arobase|arroba|chiocciola|malpa|apenstaartje)[ ]?[\])}>]"
    r"[ \t]{0,3}|[ \t]{1,3}(?:at|arobase|arroba|chiocciola|malpa|apenstaartje|klammeraffe|_at_)"
    r"[ \t]{1,3}|[ \t]{1,3}@[ \t]{0,3}|@[ \t]{1,3}|@[ \t]{0,2}\r?\n[ \t]{0,2}"
)
_DOT = (
    r"(?:[ \t]{0,3}[\[({<][ ]?(?:dot|\.|punkt|point|punto|ponto|punt|kropka)[ ]?[\])}>][ \t]{0,3}"
    r"|[ \t]{1,3}(?:dot|punkt|point|period|punto|ponto|punt|kropka)[ \t]{1,3}"
    r"|[ \t]{1,3}\.[ \t]{0,3}|\.)"
)
_DASH = r"(?:[ \t]{1,2}(?:dash|hyphen|minus)[ \t]{1,2}|-)"
_LABEL = rf"[a-z0-9]{{1,40}}(?:{_DASH}[a-z0-9]{{1,40}}){{0,4}}"
_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,4}}(?![a-z0-9])")
_SPELLED = re.compile(rf"[a-z0-9](?:[ ][a-z0-9]){{1,24}}(?:{_DOT}{_LABEL}){{1,3}}(?![a-z0-9])")
_DOTS = re.compile(_DOT)
_TOP = frozenset(
    [
        "com",
        "org",
        "net",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "name",
        "pro",
        "io",
        "co",
        "ai",
        "app",
        "dev",
        "me",
        "tv",
        "cloud",
        "online",
        "site",
        "shop",
        "example",
        "test",
        "invalid",
        "local",
        "de",
        "fr",
        "es",
        "it",
        "uk",
        "eu",
        "us",
        "nl",
        "ch",
        "at",
        "be",
        "pl",
        "se",
        "dk",
        "no",
        "fi",
        "pt",
        "ie",
        "ca",
        "au",
        "nz",
        "in",
        "br",
        "mx",
        "ar",
        "cl",
        "jp",
        "cn",
        "kr",
        "ru",
        "cz",
        "sk",
        "hu",
        "ro",
        "bg",
        "gr",
        "hr",
        "si",
        "ee",
        "lv",
        "lt",
        "lu",
        "is",
        "tr",
        "za",
        "il",
        "sg",
        "hk",
    ]
)
_JOINS = {
    "dot": ".", "punkt": ".", "punto": ".", "ponto": ".", "punt": ".", "kropka": ".",
    "point": ".", "period": ".", ".": ".", "underscore": "_", "_": "_",
    "dash": "-", "hyphen": "-", "minus": "-", "-": "-", "plus": "+", "+": "+",
}  # fmt: skip
_TOKEN = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_MAIL = re.compile(r"mail|write to|reach|contact|address")
_STOP = frozenset(
    [
        "is",
        "it",
        "me",
        "my",
        "to",
        "at",
        "on",
        "the",
        "email",
        "mail",
        "address",
        "and",
        "or",
        "you",
        "your",
        "i",
    ]
)
_BEFORE = 80
_SAID_AT = frozenset(["at", "arobase", "arroba", "chiocciola", "malpa", "apenstaartje",
                      "klammeraffe"])  # fmt: skip


def addresses(text: str, tick: Tick = never) -> Iterator[Piece]:
    """Each address found, as it would be written."""
    end = 0
    for at in ticking(_AT.finditer(text), tick):
        domain = _SPELLED.match(text, at.end()) or _DOMAIN.match(text, at.end())
        local = _local(text, max(end, at.start() - _BEFORE), at.start())
        if domain is None or local is None or at.start() < end:
            continue
        host, stop = _host(domain)
        if host and _meant(text, at, local, domain[0]):
            yield local[0], stop, f"{local[1]}@{host}"
            end = stop


def hints(text: str) -> bool:
    """Whether something in the text may stand for `@`."""
    return (
        " at " in text
        or "at)" in text
        or "at]" in text
        or " @" in text
        or "@ " in text
        or ("at}" in text or "at>" in text or "@)" in text or "@]" in text)
        or "@\n" in text
        or "@\r" in text
        or any(word in text for word in _SAID_AT if word != "at")
    )


def _host(domain: re.Match[str]) -> tuple[str, int]:
    """The longest part that ends in a known top level, and where it ends."""
    text, stop = domain[0], domain.end()
    while True:
        labels = _DOTS.split(text)
        if len(labels) < 2:
            return "", 0
        if labels[-1].replace(" ", "") in _TOP:
            joined = ".".join(
                re.sub(r"[ \t]+(?:dash|hyphen|minus)[ \t]+", "-", one) for one in labels
            )
            return re.sub(r"\s", "", joined), stop
        cut = list(_DOTS.finditer(text))[-1].start()
        text, stop = text[:cut], domain.start() + cut


def _meant(text: str, at: re.Match[str], local: tuple[int, str], domain: str) -> bool:
    """The word "at" before a host is an address only when something else says so."""
    if at[0].strip() not in _SAID_AT:
        return True
    if re.search(r"[ \[({<](?:dot|punkt|point|punto|ponto|punt|kropka)[ \])}>]|[ \t]\.", domain):
        return True
    return "." in local[1] or _MAIL.search(text, max(0, local[0] - 40), local[0]) is not None


def _local(text: str, low: int, end: int) -> tuple[int, str] | None:
    """The name before the sign, read backwards: parts joined by signs, or letters spelled out."""
    tokens = list(_TOKEN.finditer(text, low, end))
    parts: list[str] = []
    joined = True
    while tokens:
        token = tokens[-1][0]
        if joined and token.isalnum():
            parts.append(UNITS.get(token, token))
        elif not joined and token in _JOINS and len(tokens) > 1 and tokens[-2][0].isalnum():
            parts.append(_JOINS[token])
        elif joined or not _spells(token, tokens, parts):
            break
        else:
            parts.append(UNITS.get(token, token))
        start = tokens[-1].start()
        joined = token in _JOINS
        tokens.pop()
    return (start, "".join(reversed(parts))) if parts and parts[-1][0].isalnum() else None


def _spells(token: str, tokens: list[re.Match[str]], parts: list[str]) -> bool:
    """Whether a word goes on to the left of one letter or digit."""
    alone = len(parts[-1]) == 1 and parts[-1].isalnum()
    return (
        alone
        and token not in _STOP
        and (len(token) == 1 or token in UNITS or parts[-1].isdigit())
        and (token.isalnum())
    )
