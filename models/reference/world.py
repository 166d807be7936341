"""The invented company that every reference model, document, record and call agrees with."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

COMPANY = "Lindwell"

PRODUCTS: tuple[str, ...] = (
    "router", "laptop", "printer", "tablet", "headset",
    "monitor", "phone", "webcam", "keyboard", "speaker",
)  # fmt: skip
INTENTS: tuple[str, ...] = (
    "refund", "order_status", "device_fault", "warranty", "delivery",
    "invoice", "cancellation", "complaint", "other",
)  # fmt: skip
SENTIMENTS: tuple[float, ...] = (-0.8, -0.6, -0.2, 0.0, 0.6)
WEEKDAYS: tuple[str, ...] = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
MONTHS: tuple[str, ...] = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DIGITS: tuple[str, ...] = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip
FIRST_CUSTOMER, LAST_CUSTOMER = 1000, 1999

_ONES = (
    *DIGITS, "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip

FIRST_NAMES: tuple[str, ...] = (
    "Anna", "Ben", "Carla", "David", "Emma", "Frank", "Grace", "Henry", "Irene", "Jack",
    "Karen", "Leo", "Maria", "Nora", "Oscar", "Paul", "Rita", "Sam", "Tina", "Victor",
    "Alice", "Brian", "Clara", "Daniel", "Ella", "George", "Helen", "Ivan", "Julia", "Kevin",
    "Laura", "Martin", "Nina", "Oliver", "Peter", "Rosa", "Simon", "Tom", "Vera", "Walter",
)  # fmt: skip
LAST_NAMES: tuple[str, ...] = (
    "Berg", "Carter", "Dalton", "Evans", "Fisher", "Gray", "Hill", "Irving", "Jensen", "King",
    "Larsen", "Miller", "Nolan", "Olsen", "Parker", "Quinn", "Reed", "Stone", "Turner", "Wells",
    "Adams", "Baker", "Cole", "Dixon", "Ellis", "Ford", "Green", "Hayes", "Jordan", "Keller",
    "Lane", "Moore", "Novak", "Price", "Rossi", "Scott", "Taylor", "Walker", "Weber", "Young",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One customer: an id such as ``C-1042`` and a name."""

    customer_id: str
    name: str


def is_held_out(kind: str, value: str) -> bool:
    """Say whether a number, amount, name or sentence is reserved for evaluation.

    One value in ten of each kind is reserved, by checksum, so that training and evaluation agree
    on the split without sharing a list.
    """
    return zlib.crc32(f"{kind}:{value}".encode()) % 10 == 3


def order_number(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw an order number of four to six digits from the wanted side of the split."""
    while True:
        length = rng.choice((4, 4, 4, 5, 5, 6))
        number = str(rng.randrange(10 ** (length - 1), 10**length))
        if is_held_out("order", number) == held_out:
            return number


def spoken_digits(number: str) -> str:
    """Spell a number digit by digit: ``4217`` is ``four two one seven``; 0 is always ``zero``."""
    return " ".join(DIGITS[int(digit)] for digit in number)


def number_words(value: int) -> str:
    """Spell a whole number from 0 to 999 in words, without hyphens or "and"."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    rest = value % 100
    return f"{_ONES[value // 100]} hundred" + (f" {number_words(rest)}" if rest else "")


def ordinal_words(day: int) -> str:
    """Spell a day of the month, 1 to 31, as an ordinal: ``twenty third``."""
    if day <= 20:
        return _ORDINALS[day]
    if day == 30:
        return "thirtieth"
    return f"{_TENS[day // 10]} {_ORDINALS[day % 10]}"


def person(customer: int) -> Person:
    """Name the customer of a number from 1000 to 1999; the same number has the same name always."""
    rng = random.Random(f"customer {customer}")
    return Person(f"C-{customer}", f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}")
