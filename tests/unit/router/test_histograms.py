"""Our histograms are written as the library writes its own."""

from __future__ import annotations

import re
from typing import Any

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from router.histograms import Histogram

BOUNDS = (0.001, 0.01, 0.25, 1.0, 10.0)
SEEN = (0.0, 0.001, 0.0011, 0.2, 0.25, 1.0, 3.0, 10.0, 11.5, -1.0)


def written(registry: CollectorRegistry) -> str:
    """All of it, but for when it began."""
    return re.sub(r"(_created\{.*\}) .*", r"\1", generate_latest(registry).decode())


def told(histogram: Any) -> None:
    for value in SEEN:
        histogram.labels(path='/v1/"x"\\', model="m").observe(value)
    histogram.labels(path="/", model="").observe(0.5)


def test_the_same_observations_are_the_same_text() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    histogram = Histogram("podium_s", "How long.", ("path", "model"), BOUNDS)
    ours.register(histogram)
    library = prometheus_client.Histogram(
        "podium_s", "How long.", ("path", "model"), buckets=BOUNDS, registry=theirs
    )
    assert written(ours) == written(theirs)
    told(library)
    assert written(ours) != written(theirs)
    told(histogram)
    assert written(ours) == written(theirs)
    assert "podium_s_created" in written(ours)


def test_a_name_stands_once_in_a_registry() -> None:
    registry = CollectorRegistry()
    registry.register(Histogram("podium_s", "How long.", (), BOUNDS))
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(Histogram("podium_s", "How long.", (), BOUNDS))
