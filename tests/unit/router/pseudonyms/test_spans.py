"""Overlapping claims: all that was claimed is covered, once, in the same way whatever the order."""

from __future__ import annotations

import random
from itertools import pairwise

from router.label import Label, Level
from router.pseudonyms.spans import Claim, settled
from tests.pseudonym_world import RECORD, TEXT


def test_the_longest_wins_and_takes_over_label_and_subject() -> None:
    text = "mail maria.young@x.org now"
    claims = [Claim(5, 10, 1, "PERSON", RECORD, "C-1"), Claim(5, 22, 2, "EMAIL", TEXT)]
    assert settled(claims, text) == [Claim(5, 22, 2, "EMAIL", RECORD, "C-1")]


def test_of_two_as_long_the_known_one_wins() -> None:
    claims = [Claim(0, 4, 2, "LOGIN", TEXT), Claim(0, 4, 1, "EMAIL", TEXT)]
    assert [one.type for one in settled(claims, "jane")] == ["EMAIL"]


def test_what_is_left_of_the_shorter_one_is_replaced_too_without_blanks() -> None:
    text = "Elm Street 12, Springfield"
    claims = [Claim(0, 13, 1, "ADDRESS", TEXT), Claim(11, 26, 1, "CITY", TEXT)]
    made = [(text[one.start : one.end], one.type) for one in settled(claims, text)]
    assert made == [("Elm Street", "ADDRESS"), ("12, Springfield", "CITY")]


def test_a_shorter_one_that_fits_goes_before_the_rest_of_a_longer_one() -> None:
    text = "Maria Young, maria.young@x.org"
    claims = [Claim(0, 11, 1, "A", TEXT), Claim(6, 18, 1, "B", TEXT), Claim(13, 30, 1, "C", TEXT)]
    assert [(one.start, one.end) for one in settled(claims, text)] == [(0, 11), (13, 30)]


def test_rank_zero_goes_before_the_longest() -> None:
    claims = [Claim(0, 20, 1, "PERSON", TEXT), Claim(5, 10, 0, "LITERAL", TEXT)]
    assert [one.type for one in settled(claims, "a" * 20)] == ["PERSON", "LITERAL", "PERSON"]


def test_every_letter_claimed_is_covered_and_none_twice_in_any_order() -> None:
    for seed in range(300):
        rng = random.Random(seed)
        text = "".join(rng.choice("ab ") for _ in range(30))
        claims = []
        for number in range(rng.randint(1, 8)):
            start = rng.randrange(29)
            end = rng.randint(start + 1, 30)
            level = rng.choice(list(Level))
            claims.append(Claim(start, end, rng.randint(0, 2), f"T{number}", Label(level)))
        made = settled(claims, text)
        assert all(one.end <= other.start for one, other in pairwise(made))
        covered = {at for one in made for at in range(one.start, one.end)}
        claimed = {at for one in claims for at in range(one.start, one.end)}
        assert covered <= claimed
        assert {at for at in claimed if text[at].isalnum()} <= covered
        shuffled = rng.sample(claims, len(claims))
        assert settled(shuffled, text) == made
        for one in made:
            above = [c.label.level for c in claims if c.start < one.end and c.end > one.start]
            assert one.label.level == max(above)
