"""Known values are found however they are written, and words that only look like them are not."""

from __future__ import annotations

import base64

import pytest

from router.pseudonyms.known import KnownValue
from router.pseudonyms.search import KnownValues
from tests.pseudonym_world import CUSTOMER

FOUND = KnownValues(CUSTOMER)
WIDE = "".join(chr(ord(one) + 0xFEE0) if one != " " else one for one in "Maria Young")
CYRILLIC = "Maria Young".replace("a", "\u0430").replace("o", "\u043e")


def _seen(text: str, known: KnownValues = FOUND) -> list[str]:
    """The longest stretches found, by position."""
    spans: list[tuple[int, int]] = []
    for start, end, _ in known.find(text):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("I am Maria Young.", ["Maria Young"]),
        ("MARIA  YOUNG and maria\nyoung", ["MARIA  YOUNG", "maria\nyoung"]),
        ("Ms Young called", ["Young"]),
        ("dear mrs. young,", ["young"]),
        ("Young, Maria", ["Young, Maria"]),
        ("M. Young / m.young", ["M. Young", "m.young"]),
        ("this is maria", ["maria"]),
        ("Maria's lamp", ["Maria"]),
        ("mariayoung77 mariayoung", ["mariayoung"]),
        (WIDE, [WIDE]),
        ("Ma\u200bria Yo\u00adung", ["Ma\u200bria Yo\u00adung"]),
        ("Mári\u0301a Yóung\u0301!", ["Mári\u0301a Yóung\u0301"]),
        (CYRILLIC, [CYRILLIC]),
        ("mail maria.young@example.com", ["maria.young@example.com"]),
        ("maria dot young at example dot com", ["maria dot young at example dot com"]),
        ("maria.young @ example.com", ["maria.young @ example.com"]),
        ("maria%2Eyoung%40example%2Ecom", ["maria%2Eyoung%40example%2Ecom"]),
        ("call 030 1234567", ["030 1234567"]),
        ("call +49 (0)30 12 34 567", ["49 (0)30 12 34 567"]),
        ("call 0049301234567.", ["0049301234567"]),
        ("call 1234567", ["1234567"]),
        ("at 12 elm st", ["12 elm st"]),
        ("12, Elm Street\nSpringfield", ["12, Elm Street\nSpringfield"]),
        ("ord4711 ORD 4711 #ORD-4711", ["ord4711", "ORD 4711", "ORD-4711"]),
    ],
)
def test_every_way_of_writing_is_found(text: str, seen: list[str]) -> None:
    assert _seen(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "a young customer",
        "the youngest Marianne",
        "ORD-47110 and FORD-4711",
        "12 elms",
        "call 12345678",
        "",
        "4711",
    ],
)
def test_what_only_resembles_a_value_is_left(text: str) -> None:
    assert _seen("Maria") == ["Maria"]
    assert _seen(text) == []


def test_values_in_an_encoding_are_found_with_all_of_it() -> None:
    hidden = base64.b64encode(b"write to maria.young@example.com today").decode()
    assert _seen(f"see {hidden} ok") == [hidden]


@pytest.mark.parametrize(
    ("name", "text", "seen"),
    [
        ("Jörg Müller", "Joerg Mueller, Jorg Muller, Herr Mueller", 3),
        ("Mueller", "Müller and Muller", 2),
        ("Young, Anna-Maria", "Anna-Maria Young; Anna Maria; anna-maria", 3),
        ("Ludwig van Beethoven", "van Beethoven in a van", 1),
        ("Dr. Li Wu", "Li Wu, Dr Wu and a li", 2),
        ("山田太郎", "山田太郎さん", 1),
        ("Strauß", "STRAUSS strauss Strauß", 3),
        ("Łukasz Ørsted", "lukasz orsted", 1),
    ],
)
def test_names_of_many_kinds(name: str, text: str, seen: int) -> None:
    assert len(_seen(text, KnownValues([KnownValue("person", name)]))) == seen


def test_what_stands_apart_letter_by_letter_or_backwards_is_noticed() -> None:
    for text in ("m-a-r-i-a---y-o-u-n-g", "gnuoY airaM", "maria\U0001f642young"):
        assert FOUND.left_in([text]), text
    assert not FOUND.left_in(["a young customer called mary", ""])


def test_a_value_of_one_letter_or_none_is_not_searched_for() -> None:
    known = KnownValues([KnownValue("order", "7"), KnownValue("person", " "), KnownValue("x", "-")])
    assert _seen("7 - seven", known) == []


def test_the_repr_of_a_known_value_does_not_show_it() -> None:
    assert "Young" not in repr(CUSTOMER[0])
