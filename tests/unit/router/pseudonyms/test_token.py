"""Tokens: their form, and that only the key's holder can write one."""

from __future__ import annotations

import re

import pytest

from router.pseudonyms.token import Token, genuine, mint, type_name

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_token_has_a_type_and_eight_letters_with_a_digit_among_them() -> None:
    for number in range(500):
        token = mint(KEY, "EMAIL", str(number).encode(), 0)
        assert re.fullmatch(r"\[\[EMAIL:[0-9a-hjkmnp-tv-z]{8}\]\]", token.text)
        assert not token.id.isalpha()
        assert not token.id.isdigit()


def test_the_same_value_has_the_same_token_under_one_key_only() -> None:
    first = mint(KEY, "EMAIL", b"jane", 0)
    assert mint(KEY, "EMAIL", b"jane", 0) == first
    assert mint(OTHER, "EMAIL", b"jane", 0).id != first.id
    assert mint(KEY, "EMAIL", b"jane", 1).id != first.id
    assert mint(KEY, "PHONE", b"jane", 0).id != first.id


def test_the_check_belongs_to_key_type_and_id() -> None:
    token = mint(KEY, "EMAIL", b"jane", 0)
    assert genuine(KEY, token)
    assert not genuine(OTHER, token)
    assert not genuine(KEY, Token("PHONE", token.id))
    swapped = ("0" if token.id[0] != "0" else "1") + token.id[1:]
    assert not genuine(KEY, Token("EMAIL", swapped))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("credit_card", "CREDIT-CARD"),
        ("EMAIL", "EMAIL"),
        ("a very long name indeed", "A-VERY-LONG-NAME"),
        ("2fa", "X2FA"),
        ("", "X"),
        ("driver licence  number", "DRIVER-LICENCE-N"),
    ],
)
def test_types_are_written_without_underscores(name: str, written: str) -> None:
    assert type_name(name) == written
