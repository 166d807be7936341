"""Tariffs: exact money for tokens of every sort, tiers, and seconds."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.messages import Usage
from models.tariff import FREE, NANO, Rate, Tariff, dearest_of

TIERED = Rate(Decimal(3), ((200_000, Decimal(6)),))
CLAUDE = Tariff(
    input=TIERED,
    output=Rate(Decimal(15), ((200_000, Decimal("22.5")),)),
    cached=Rate(Decimal("0.3")),
    cache_write=Rate(Decimal("3.75")),
    source="genai-prices",
)
COUNT = st.integers(0, 1_000_000)


def test_cached_and_stored_tokens_have_their_own_rates() -> None:
    assert CLAUDE.nano(Usage(1000, 100)) == 3_000_000 + 1_500_000
    assert CLAUDE.nano(Usage(1000, 100, cached_tokens=800)) == 600_000 + 240_000 + 1_500_000
    assert CLAUDE.nano(Usage(1000, 0, cache_write_tokens=1000)) == 3_750_000
    reasoned = Tariff(output=Rate(Decimal(1)), reasoning=Rate(Decimal(2)))
    assert reasoned.nano(Usage(0, 10, reasoning_tokens=4)) == 6_000 + 8_000


def test_a_long_prompt_moves_the_whole_call_into_the_next_tier() -> None:
    assert CLAUDE.nano(Usage(200_000, 0)) == 200_000 * 3000
    assert CLAUDE.nano(Usage(200_001, 1)) == 200_001 * 6000 + 22_500


def test_part_of_a_nano_dollar_is_a_whole_one() -> None:
    cheap = Tariff(input=Rate(Decimal("0.00015")))
    assert cheap.nano(Usage(1)) == 1
    assert FREE.nano(Usage(10**6, 10**6)) == 0


def test_seconds_are_exact() -> None:
    timed = Tariff(gpu_second=Decimal("0.0004"))
    assert timed.nano(Usage(engine_seconds=0.1)) == 40_000
    assert timed.most(0, 0, 10.0) == 4_000_000


@given(prompt=COUNT, written=COUNT, cached=COUNT, stored=COUNT, thought=COUNT)
def test_no_call_costs_more_than_its_bound(
    prompt: int, written: int, cached: int, stored: int, thought: int
) -> None:
    usage = Usage(prompt, written, cached, thought, stored)
    assert 0 <= CLAUDE.nano(usage) <= CLAUDE.most(prompt, written)


def test_the_dearest_is_above_every_one() -> None:
    other = Tariff(input=Rate(Decimal(5)), output=Rate(Decimal(9)))
    dearest = dearest_of([CLAUDE, other])
    assert (dearest.input.base, dearest.output.base) == (Decimal(6), Decimal("22.5"))
    assert not dearest.known
    assert dearest.as_dict()["source"] == "dearest"
    assert dearest_of([]) == FREE
    assert NANO == 10**9
