"""Measure the detectors: recall and precision per type, plainly and under each evasion.

`python -m bench.detectors` over presidio-research's sentences, gitleaks' samples, identifiers drawn
by a seed and BIPIA's attacks; a find counts when its type is right and it overlaps the annotation.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.detector_corpora import attacked, secrets
from bench.drawn import drawn
from bench.evasions import EVASIONS
from bench.judged import TYPES, Judged, annotated, evaded
from bench.marked import marked
from router.detect.scan import scan

_PROSE = (
    "The warranty covers the battery of a laptop for two years, as the invoice of the shop says. "
)
_PERSON = (
    "My card is 4111 1111 1111 1111, mail jane.doe@example.com, phone 0171 2345678, order 4217. "
)
TABLES = Path("tests/data/detectors")
DATA = Path("../shared/data/governance")


@dataclass(slots=True)
class Score:
    """Counts per type."""

    wanted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)

    def add(self, judged: Judged, spoken: bool) -> None:
        """Scan one text and count."""
        findings = [
            (f.type, f.start, f.end) for f in scan(judged.text, spoken=spoken, budget_s=60).findings
        ]
        spans = [(s.type, s.start, s.end) for s in judged.spans]
        for span in spans:
            self.wanted[span[0]] += 1
            hit = any(_same(span, one) for one in findings)
            self.found[span[0]] += hit
            if not hit:
                self.misses.append(
                    f"{span[0]} {judged.text[span[1] : span[2]]!r} in {judged.text!r}"
                )
        for one in findings:
            self.told[one[0]] += 1
            hit = any(_same(span, one) for span in spans)
            self.right[one[0]] += hit
            if not hit:
                self.extras.append(f"{one[0]} {judged.text[one[1] : one[2]]!r} in {judged.text!r}")

    def recall(self, type_: str) -> float:
        """Found of wanted."""
        return self.found[type_] / self.wanted[type_] if self.wanted[type_] else 1.0

    def precision(self, type_: str) -> float:
        """Right of told."""
        return self.right[type_] / self.told[type_] if self.told[type_] else 1.0


def score(texts: Iterable[Judged], *, spoken: bool = False) -> Score:
    """Scan every text."""
    counts = Score()
    for one in texts:
        counts.add(one, spoken)
    return counts


def report(title: str, counts: Score, types: Iterable[str]) -> None:
    """One line for each type."""
    for type_ in types:
        if counts.wanted[type_] or counts.told[type_]:
            line = f"{title:14} {type_:16} n={counts.wanted[type_]:5}"
            print(
                f"{line} recall={counts.recall(type_):.4f} precision={counts.precision(type_):.4f}"
            )


def _same(a: tuple[str, int, int], b: tuple[str, int, int]) -> bool:
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def main(arguments: list[str] | None = None) -> int:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--each", type=int, default=200, help="identifiers drawn for each type")
    parser.add_argument("--misses", type=int, default=0, help="print so many misses and extras")
    asked = parser.parse_args(arguments)
    sets = {"annotated": list(annotated(asked.data / "pii_presidio_research.jsonl")),
            "drawn": drawn(asked.seed, asked.each)}  # fmt: skip
    for name, texts in sets.items():
        types = sorted({span.type for one in texts for span in one.spans} | set(TYPES.values()))
        for evasion, change in EVASIONS.items():
            began = time.process_time()
            counts = score((evaded(one, change) for one in texts), spoken=evasion == "spoken")
            took = time.process_time() - began
            print(
                f"-- {name}, {evasion}: {len(texts)} texts, {took / len(texts) * 1e6:.0f} µs each"
            )
            report(evasion, counts, types)
            for line in counts.misses[: asked.misses] + counts.extras[: asked.misses]:
                print("   ", line)
    for table in ("identifiers", "identifiers_again", "ordinary", "ordinary_again"):
        counts = score(marked(TABLES / f"{table}.txt"))
        found, told = sum(counts.found.values()), sum(counts.told.values())
        wanted, others = sum(counts.wanted.values()), len(counts.extras)
        print(f"-- {table}: {found} of {wanted} found, {others} of {told} told are others")
    print("-- secrets:", secrets(asked.data / "secrets_gitleaks_samples.jsonl"))
    for name, texts_, signs in attacked(asked.data):
        print(f"-- {name}: {signs} of {texts_} show a sign")
    print(f"-- a text of 1 kB: {speed():.0f} µs")
    return 0


def speed(rounds: int = 300) -> float:
    """Microseconds of processor time for one kilobyte of prose with four identifiers."""
    text = (_PROSE * 4 + _PERSON + _PROSE * 9)[:1000]
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            scan(text, budget_s=60)
        best = min(best, time.process_time() - began)
    return best / rounds * 1e6


if __name__ == "__main__":
    sys.exit(main())
