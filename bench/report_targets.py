"""What was promised, beside what was measured: the first table of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TIMES = "\N{MULTIPLICATION SIGN}"
Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Target:
    """One promise; `measured` None when nothing measured it. `better` says which way is good."""

    what: str
    limit: float
    measured: float | None
    unit: str = ""
    higher: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> str:
        """In one word, or two."""
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.limit if self.higher else self.measured <= self.limit
        return "met" if met else "missed"


def targets(results: Results) -> list[Target]:
    """Every promise, by the results that there are."""
    return [*_chat(results), *_remote(results), *_speech(results), *_pipeline(results)]


def _chat(results: Results) -> Iterator[Target]:
    found = {row["clients"]: row for row in results.get("rungs", {}).get("clients", ())}
    for clients in (1, 8, 32):
        row, at = found.get(clients), f"{clients} client{'s' if clients > 1 else ''}"
        beside = row["to_bare"]["podium"] if row else {}
        yield _estimate(f"first token added to vLLM's, {at}", 5.0, beside, "ttft_added_ms", "ms")
        yield _estimate(
            f"between tokens p99 beside vLLM, {at}", 1.2, beside, "itl_p99_ratio", TIMES
        )
        yield _estimate(
            f"tokens a second beside vLLM, {at}",
            0.97,
            beside,
            "throughput_ratio",
            TIMES,
            higher=True,
        )
        steps = row["steps"] if row else ()
        last: Mapping[str, Any] = next((one for one in steps if one["to"] == "podium"), {})
        yield _estimate(
            f"tokens a second with governance beside none, {at}",
            0.95, last, "throughput_ratio", TIMES, higher=True,
        )  # fmt: skip


def _estimate(
    what: str, limit: float, row: Mapping[str, Any], name: str, unit: str, *, higher: bool = False
) -> Target:
    one = row.get(name)
    if one is None:
        return Target(what, limit, None, unit, higher)
    return Target(what, limit, one["value"], unit, higher, one["low"], one["high"])


def _remote(results: Results) -> Iterator[Target]:
    found = results.get("remote", {})
    eight = found.get("latency", {}).get("slow-c8", {})
    rate = found.get("throughput", {})
    yield Target("added to a call outside, 8 at a time, p50", 6.0, eight.get("added_p50_ms"), "ms")
    yield Target("the same, p99", 15.0, eight.get("added_p99_ms"), "ms")
    yield Target(
        "calls outside a second, 32 at a time", 250.0, rate.get("requests_per_s"), "", higher=True
    )
    gap = found.get("deltas", {}).get("delta_added_p99_ms")
    yield Target("added between two words from outside, p99", 2.0, gap, "ms")


def _speech(results: Results) -> Iterator[Target]:
    found = results.get("speech", {})
    one: Mapping[str, Any] = next((row for row in found.get("live", ()) if row["lines"] == 1), {})
    spread = one.get("end_to_final_ms") or {}
    yield Target("end of speech to final text, 1 line, p50", 500.0, spread.get("p50"), "ms")
    batch = found.get("batch") or {}
    low, high = batch.get("ci95", (None, None))
    yield Target(
        "recordings beside faster-whisper alone", 1.05, batch.get("ratio"), TIMES, False, low, high
    )


def _pipeline(results: Results) -> Iterator[Target]:
    found = results.get("pipeline", {})
    over = found.get("beyond_target_ms", {}).get("p50")
    yield Target(f"a run over 1.05 {TIMES} its critical path + 5 ms a step, p50", 0.0, over, "ms")
