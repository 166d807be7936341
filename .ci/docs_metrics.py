"""Writes docs/reference/metrics.md from the one table of metrics."""

from __future__ import annotations

from router.telemetry import TABLE, Metric

PAGE = "metrics.md"
INTRODUCTION = """# Metrics

<!-- Made by .ci/docs_metrics.py from router/telemetry.py; change that, then run `make docs`. -->

`GET /metrics` answers in Prometheus' text format: with an admin key, or without one to a peer on
this machine while Podium listens on loopback only. Labels are names and statuses, never content.
With several gateway replicas each answer is that of one replica.

| name | kind | labels | |
|---|---|---|---|"""
BUCKETS = """
Histograms count in seconds; their upper bounds are those of `router/telemetry.py`. Ray and HAProxy
have metrics of their own, which Podium does not republish.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *map(_row, TABLE), BUCKETS])


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{name}`" for name in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"
