"""Check digits: sound numbers pass, and every single changed digit fails."""

from __future__ import annotations

import random

import pytest

from router.detect import checksums
from router.detect.checksums import LuhnSums


@pytest.mark.parametrize(
    ("check", "sound"),
    [
        (checksums.luhn, "4111111111111111"),
        (checksums.luhn, "378282246310005"),
        (checksums.mod97, "GB82WEST12345698765432"),
        (checksums.mod97, "DE89370400440532013000"),
        (checksums.mod11_10, "86095742719"),
        (checksums.verhoeff, "234123412346"),
    ],
)
def test_every_single_wrong_digit_is_seen(check, sound: str) -> None:  # type: ignore[no-untyped-def]
    assert check(sound)
    for place, digit in enumerate(sound):
        for other in "0123456789":
            if digit.isdigit() and other != digit:
                assert not check(sound[:place] + other + sound[place + 1 :])


def test_sums_over_a_run_agree_with_luhn_on_each_part() -> None:
    rng = random.Random(3)
    digits = "".join(rng.choices("0123456789", k=60))
    sums = LuhnSums(digits)
    for start in range(45):
        for end in range(start + 2, 60):
            assert sums.hold(start, end) == checksums.luhn(digits[start:end])
