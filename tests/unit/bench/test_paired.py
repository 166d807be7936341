"""Paired medians and their intervals, on samples whose answer is known."""

from __future__ import annotations

import random

import pytest

from bench.chat_report import document
from bench.paired import Round, compare, estimate, quantile, throughput
from bench.samples import Sample


def sample(side: str, round_: int, seed: int, ttft: float, gap: float, tokens: int = 4) -> Sample:
    chunks = tuple(ttft + gap * number for number in range(tokens))
    return Sample(side, round_, 1, seed, 0.0, chunks[-1], tokens, 9, chunks, f"digest {seed}")


def rounds(count: int, added: float, slower: float, weather: float = 0.0) -> list[Round]:
    """Rounds in which Podium adds `added` ms to the first token and `slower` to every gap."""
    rng = random.Random(3)
    made = []
    for number in range(count):
        load = rng.random() * weather
        bare = tuple(sample("bare", number, s, 50 + load, 10 + load) for s in range(5))
        podium = tuple(
            sample("podium", number, s, 50 + load + added, (10 + load) * slower) for s in range(5)
        )
        made.append(Round(bare, podium))
    return made


def test_what_both_sides_of_a_round_share_falls_out_of_the_difference() -> None:
    found = compare(1, rounds(7, added=5.0, slower=1.1, weather=400.0))
    assert found.ttft_bare_ms.high - found.ttft_bare_ms.low > 50
    assert found.ttft_added_ms.interval == pytest.approx((5.0, 5.0))
    assert found.itl_p50_ratio.interval == pytest.approx((1.1, 1.1))
    assert found.itl_p99_ratio.value == pytest.approx(1.1)
    assert found.throughput_ratio.value < 1.0


def test_the_interval_holds_the_median_and_shrinks_with_more_rounds() -> None:
    rng = random.Random(5)
    few = [[rng.gauss(0, 1)] for _ in range(6)]
    many = few + [[rng.gauss(0, 1)] for _ in range(200)]
    assert estimate(few).low <= estimate(few).value <= estimate(few).high
    assert estimate(many).high - estimate(many).low < estimate(few).high - estimate(few).low


def test_rounds_are_drawn_again_and_not_requests() -> None:
    # Two rounds far apart: however many requests each has, the interval must span both.
    together = estimate([[0.0] * 100, [10.0] * 101])
    assert together.interval == (0.0, 10.0)
    # The same values as rounds of one would give a far narrower one.
    alone = estimate([[0.0]] * 100 + [[5.0]] * 100 + [[10.0]] * 101)
    assert alone.high - alone.low < 10.0


def test_quantiles_lie_between_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([0.0, 10.0], 0.99) == pytest.approx(9.9)
    assert quantile([4.0], 0.99) == 4.0


def test_throughput_counts_from_the_first_start_to_the_last_end() -> None:
    one = Sample("bare", 0, 2, 1, 0.0, 1000.0, 48, 9, (1.0,), "")
    two = Sample("bare", 0, 2, 2, 500.0, 2000.0, 48, 9, (1.0,), "")
    assert throughput([one, two]) == 48.0


def test_the_document_has_the_documented_shape() -> None:
    (run,) = document([compare(1, rounds(3, added=5.0, slower=1.0))])["runs"]
    assert set(run) == {
        "concurrency",
        "ttft_ms",
        "ttft_added_ms",
        "itl_p50_ratio",
        "itl_p99_ratio",
        "throughput_ratio",
        "rounds",
        "ci95",
    }
    assert run["ttft_ms"] == {"bare": 50.0, "podium": 55.0}
    assert run["rounds"] == 3
    low, high = run["ci95"]["ttft_added_ms"]
    assert low <= run["ttft_added_ms"] <= high
    assert set(run["ci95"]) == {
        "ttft_added_ms",
        "itl_p50_ratio",
        "itl_p99_ratio",
        "throughput_ratio",
    }
