"""Traffic made up by rule and seed, where there is none recorded."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from router.simulation.trace import Arrival

Pattern = Literal["day", "burst", "flat"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """`rate` is the mean of requests a second over `hours`; lengths are log-normal, in tokens."""

    pattern: Pattern = "day"
    rate: float = 2.0
    hours: float = 24.0
    prompt_tokens: float = 600.0
    output_tokens: float = 200.0
    seed: int = 1


def arrivals(traffic: Traffic) -> Iterator[Arrival]:
    """Requests of a Poisson process whose rate follows the pattern (thinning)."""
    rng = random.Random(traffic.seed)  # noqa: S311 - made-up traffic, not a secret
    shape = _SHAPES[traffic.pattern]
    peak = max(shape(n / 1000) for n in range(1000)) * 1.01
    seconds, at = traffic.hours * 3600, 0.0
    while (at := at + rng.expovariate(traffic.rate * peak)) < seconds:
        if rng.random() * peak <= shape(at / seconds):
            yield Arrival(
                round(at, 3),
                _tokens(rng, traffic.prompt_tokens),
                _tokens(rng, traffic.output_tokens),
            )


def _tokens(rng: random.Random, mean: float, spread: float = 0.6) -> int:
    return max(1, round(rng.lognormvariate(math.log(mean) - spread**2 / 2, spread)))


def _day(part: float) -> float:
    """Nights at a tenth of the noon's rate, two humps at ten and at three; mean 1."""
    hour = part * 24
    humps = math.exp(-(((hour - 10.5) / 2.2) ** 2)) + 0.9 * math.exp(-(((hour - 15) / 2.4) ** 2))
    return (0.12 + humps) / 0.442


def _burst(part: float) -> float:
    """Half the mean, and four bursts of eleven times as much, a fortieth each; mean 1."""
    inside = any(start <= part < start + 0.025 for start in (0.2, 0.4, 0.6, 0.8))
    return 5.5 if inside else 0.5


_SHAPES: Mapping[str, Callable[[float], float]] = {
    "day": _day,
    "burst": _burst,
    "flat": lambda part: 1.0,
}
