"""The invented company's numbers, words and names."""

import random

import pytest

from models.reference import world


@pytest.mark.parametrize(
    ("number", "spoken"), [("4217", "four two one seven"), ("9006", "nine zero zero six")]
)
def test_order_numbers_are_spoken_digit_by_digit(number: str, spoken: str) -> None:
    assert world.spoken_digits(number) == spoken


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (14, "fourteen"),
        (37, "thirty seven"),
        (40, "forty"),
        (999, "nine hundred ninety nine"),
    ],
)
def test_amounts_are_spoken_in_words(value: int, words: str) -> None:
    assert world.number_words(value) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (3, "third"),
        (20, "twentieth"),
        (23, "twenty third"),
        (30, "thirtieth"),
        (31, "thirty first"),
    ],
)
def test_days_of_the_month_are_ordinals(day: int, words: str) -> None:
    assert world.ordinal_words(day) == words


def test_order_numbers_keep_to_their_side_of_the_split() -> None:
    rng = random.Random(4)
    for held_out in (False, True):
        numbers = [world.order_number(rng, held_out=held_out) for _ in range(300)]
        assert {world.is_held_out("order", number) for number in numbers} == {held_out}
        assert {len(number) for number in numbers} == {4, 5, 6}
        assert not any(number.startswith("0") for number in numbers)


def test_one_value_in_ten_is_held_out() -> None:
    held = sum(world.is_held_out("order", str(number)) for number in range(10_000))
    assert 900 < held < 1_100


def test_a_customer_has_one_name_for_ever() -> None:
    assert world.person(1042) == world.person(1042)
    assert world.person(1042).customer_id == "C-1042"
    assert len({world.person(number).name for number in range(1000, 2000)}) > 500
