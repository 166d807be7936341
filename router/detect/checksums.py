"""Check digits of identifiers, over texts of ASCII digits (and letters where said)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: payment cards, Canadian SIN, Swedish personal numbers."""
    doubled = sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(d)] for d in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0


_ONCE = bytes(max(0, code - 48) for code in range(58))
_TWICE = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[value] for value in _ONCE)


class LuhnSums:
    """Luhn over any part of a long run of digits, each in constant time."""

    def __init__(self, digits: str) -> None:
        coded = digits.encode()
        plain = coded.translate(_ONCE.ljust(256))
        self._sums = []
        for parity in (0, 1):
            mixed = bytearray(coded.translate(_TWICE.ljust(256)))
            mixed[parity::2] = plain[parity::2]
            self._sums.append(list(accumulate(mixed, initial=0)))

    def hold(self, start: int, end: int) -> bool:
        """Whether the part from `start` to before `end` passes."""
        sums = self._sums[(end - 1) % 2]
        return (sums[end] - sums[start]) % 10 == 0


def mod97(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 of an IBAN: four characters moved to the end, letters as 10 to 35."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10: German tax numbers."""
    product = 10
    for digit in digits[:-1]:
        product = (int(digit) + product) % 10 or 10
        product = product * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of each digit times its weight, as far as there are weights."""
    return sum(map(mul, map(int, digits), weights))


_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(digits: str) -> bool:
    """Verhoeff's check over the dihedral group of the pentagon: Indian Aadhaar numbers."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = _TURN[value]
        state = _dihedral(state, value)
    return state == 0


def _dihedral(a: int, b: int) -> int:
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5
