"""What each side of a comparison is told as: its own figures, and those beside another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.paired import Comparison, Estimate

BARE = "bare"


def sides(found: Mapping[str, Comparison]) -> dict[str, Any]:
    """The figures of bare and of every side in `found`, which are compared with it."""
    first = next(iter(found.values()))
    bare = {BARE: _figures(first, "bare", first.ttft_bare_ms)}
    return bare | {side: _figures(one, "podium", one.ttft_podium_ms) for side, one in found.items()}


def compared(one: Comparison) -> dict[str, Any]:
    """The paired differences, with 95 % intervals."""
    names = ("ttft_added_ms", "itl_p50_ratio", "itl_p99_ratio", "throughput_ratio")
    found = {name: getattr(one, name) for name in names}
    return {
        name: {"value": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4)}
        for name, e in found.items()
    } | {"same_text": round(one.same_text, 4)}


def _figures(one: Comparison, side: str, ttft: Estimate) -> dict[str, float]:
    return {
        "ttft_ms": round(ttft.value, 2),
        "itl_p50_ms": round(one.itl_p50_ms[side], 2),
        "itl_p99_ms": round(one.itl_p99_ms[side], 2),
        "tokens_per_s": round(one.tokens_per_s[side], 1),
    }
