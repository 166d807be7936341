"""Look-alikes, full-width and invisible characters read as plain ones, each with its place."""

from __future__ import annotations

import pytest

from router.detect.folding import folded


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\uff4a\uff41\uff4e\uff45\uff20x.de", "jane@x.de"),
        ("4\u200b1\u200d1\u2060", "411"),
        ("\u202e12\u202c", "12"),
        ("\u0661\u0662\u0663", "123"),
        ("4\ufe0f\u20e32\ufe0f\u20e3", "42"),
        ("1\u20112", "1-2"),
        ("1\u00a02", "1 2"),
        ("\u0440\u0430ul", "paul"),
        ("M\u00fcller", "Muller"),
        ("\u2460\u00bd", "11/2"),
        ("1\U000e0063\U000e00612", "12\nca"),
        ("\U0001d7d2\U0001d7d0", "42"),
    ],
)
def test_one_plain_reading(written: str, read: str) -> None:
    assert folded(written).text == read


def test_each_character_keeps_its_place() -> None:
    text = "x\u200by\ufb01z"
    view = folded(text)
    assert view.text == "xyfiz"
    assert [view.origin(i, i + 1) for i in range(5)] == [(0, 1), (2, 3), (3, 4), (3, 4), (4, 5)]


def test_plain_text_is_its_own_reading() -> None:
    assert folded("plain").parent is None
