"""Cold-start priors: what is expected of a model before anything about it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from models.tariff import Tariff
from router.plan import Prefer
from router.policy import LOCAL

_TOKENS_OUT = 300
_LOCAL_LATENCY_S = 0.5
_REMOTE_LATENCY_S = 1.5


@dataclass(frozen=True, slots=True)
class Priors:
    """Expected quality in [0, 1], seconds to the answer, and US dollars for a usual answer."""

    quality: float
    latency_s: float
    usd: float


_WEIGHTS: Mapping[Prefer | None, tuple[float, float, float]] = {
    None: (1.0, 0.2, 20.0),
    "quality": (1.0, 0.0, 0.0),
    "latency": (0.1, 1.0, 1.0),
    "cost": (0.1, 0.1, 100.0),
}


def priors(site: str, tariff: Tariff) -> Priors:
    """What a card lets us expect.

    A vendor's price stands in for quality until outcomes are recorded; one that nobody named says
    nothing of quality, and counts in full as money.
    """
    out = float(tariff.output.base)
    return _priors(site == LOCAL, out, out if tariff.known else 0.0)


@lru_cache(maxsize=1024)
def _priors(local: bool, out: float, told: float) -> Priors:
    return Priors(
        quality=min(1.0, 0.5 + 0.1 * math.log10(1.0 + told)),
        latency_s=_LOCAL_LATENCY_S if local else _REMOTE_LATENCY_S,
        usd=out * _TOKENS_OUT / 1_000_000,
    )


def score(prior: Priors, prefer: Prefer | None) -> float:
    """Quality less what latency and money weigh under this preference; more is better."""
    quality, latency, usd = _WEIGHTS[prefer]
    return quality * prior.quality - latency * prior.latency_s - usd * prior.usd
