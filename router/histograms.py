"""Histograms that take an observation in a fraction of the library's time: one comes a token.

They are counted by one thread; `collect` gives them to the library's registry, which writes them
like its own.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.utils import floatToGoString


class Observed:
    """What one series has seen, by the upper bounds of its buckets."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self.created = time.time()

    def observe(self, value: float) -> None:
        """Add one observation."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class Histogram:
    """A collector for a registry: series by the values of `labels`, of which there is one."""

    def __init__(
        self, name: str, help: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._name, self._help = name, help
        self._labels, self._bounds = tuple(labels), tuple(bounds)
        self._names = [floatToGoString(bound) for bound in (*bounds, float("inf"))]
        self._series: dict[tuple[str, ...], Observed] = {}

    def labels(self, **labels: str) -> Observed:
        """The series of these labels."""
        values = tuple(labels[name] for name in self._labels)
        return self._series.setdefault(values, Observed(self._bounds))

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Its name, for the registry to see that no other has it."""
        yield self._family()

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Every series, as the library's own histograms tell them."""
        family = self._family()
        for values, seen in self._series.items():
            total, buckets = 0, []
            for name, count in zip(self._names, seen.counts, strict=True):
                total += count
                buckets.append((name, float(total)))
            family.add_metric(values, buckets, seen.sum)
            labels = dict(zip(self._labels, values, strict=True))
            family.add_sample(f"{self._name}_created", labels, seen.created)
        yield family

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._help, labels=self._labels)
