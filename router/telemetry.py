"""The metrics of Podium: one table of Prometheus names, and the registry that holds them.

No label ever carries content: they name models, paths, steps, kinds and statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from router.events import RunResult

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_TOKEN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table; `buckets` are the upper bounds of a histogram, in its unit."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = _SECONDS


REQUESTS = Metric(
    "podium_requests_total", "counter", "Requests by path, model and HTTP status.",
    ("path", "model", "status"),
)  # fmt: skip
IN_FLIGHT = Metric("podium_requests_in_flight", "gauge", "Requests being answered now.", ("path",))
REQUEST_SECONDS = Metric(
    "podium_request_seconds", "histogram", "From the request's arrival to its last byte.",
    ("path", "model"),
)  # fmt: skip
TTFT = Metric(
    "podium_ttft_seconds", "histogram", "From the request's arrival to its first token.",
    ("model",),
)  # fmt: skip
INTER_TOKEN = Metric(
    "podium_inter_token_seconds", "histogram", "Between one token and the next.", ("model",),
    _TOKEN_SECONDS,
)  # fmt: skip
TOKENS = Metric(
    "podium_tokens_total", "counter", "Tokens read and written.", ("model", "direction")
)
STEP_SECONDS = Metric(
    "podium_step_seconds", "histogram", "How long steps of pipelines take.",
    ("pipeline", "step", "status"),
)  # fmt: skip
RUNS = Metric("podium_runs_total", "counter", "Runs of pipelines.", ("pipeline", "status"))
DECISIONS = Metric(
    "podium_decisions_total", "counter", "Candidates considered, by the rule that removed them.",
    ("model", "removed_by"),
)  # fmt: skip
ENGINE_RUNNING = Metric(
    "podium_engine_requests_running", "gauge", "Requests the engine is working on.", ("model",)
)
ENGINE_WAITING = Metric(
    "podium_engine_requests_waiting", "gauge", "Requests that wait inside the engine.", ("model",)
)
POLICY_REFUSED = Metric(
    "podium_policy_refused", "gauge", "1 while the policy file is refused and an older one holds."
)

TABLE: tuple[Metric, ...] = (
    REQUESTS, IN_FLIGHT, REQUEST_SECONDS, TTFT, INTER_TOKEN, TOKENS, STEP_SECONDS, RUNS, DECISIONS,
    ENGINE_RUNNING, ENGINE_WAITING, POLICY_REFUSED,
)  # fmt: skip


class Telemetry:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, table: Iterable[Metric] = TABLE) -> None:
        self._registry = CollectorRegistry()
        self._series: dict[tuple[str, ...], Any] = {}
        rows = list(table)
        self._counters = {
            row.name: Counter(row.name, row.help, row.labels, registry=self._registry)
            for row in rows
            if row.kind == "counter"
        }
        self._gauges = {
            row.name: Gauge(row.name, row.help, row.labels, registry=self._registry)
            for row in rows
            if row.kind == "gauge"
        }
        self._histograms = {
            row.name: Histogram(
                row.name, row.help, row.labels, buckets=row.buckets, registry=self._registry
            )
            for row in rows
            if row.kind == "histogram"
        }

    def count(self, metric: Metric, by: float = 1.0, /, **labels: str) -> None:
        """Add to a counter."""
        self._one(self._counters, metric, labels).inc(by)

    def set(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        self._one(self._gauges, metric, labels).set(value)

    def move(self, metric: Metric, by: float, /, **labels: str) -> None:
        """Raise or lower a gauge."""
        self._one(self._gauges, metric, labels).inc(by)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Add one observation to a histogram."""
        self._one(self._histograms, metric, labels).observe(value)

    def observer(self, metric: Metric, /, **labels: str) -> Callable[[float], None]:
        """What adds observations to one histogram, for many of them."""
        observe: Callable[[float], None] = self._one(self._histograms, metric, labels).observe
        return observe

    def _one(self, kind: Mapping[str, Any], metric: Metric, labels: Mapping[str, str]) -> Any:
        """The series of these labels, kept: finding it takes the library ten times as long as
        adding to it.
        """
        key = (metric.name, *(labels[name] for name in metric.labels))
        if key not in self._series:
            whole = kind[metric.name]
            self._series[key] = whole.labels(**labels) if labels else whole
        return self._series[key]

    def run(self, result: RunResult) -> None:
        """Account for a finished run: its steps, its decisions and its end."""
        self.count(RUNS, pipeline=result.pipeline, status=result.status)
        for report in result.steps:
            self.observe(
                STEP_SECONDS,
                report.duration_ms / 1000.0,
                pipeline=result.pipeline,
                step=report.name,
                status=report.status,
            )
        for decision in result.decisions:
            for one in decision.candidates:
                self.count(DECISIONS, model=one.model, removed_by=one.removed_by or "")

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return bytes(generate_latest(self._registry))
