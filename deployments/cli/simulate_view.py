"""The report of `podium simulate`: a table, and replicas over time as bars."""

from __future__ import annotations

from collections.abc import Sequence

from deployments.cli.output import say, show_table
from router.simulation.outcome import Outcome, Spread, chart
from router.simulation.study import Result, Study

_HEADS = (
    "POLICY", "KEPT", "1ST p50", "p95", "p99", "END p50", "p95", "p99", "GPU-H", "MEAN", "CHANGES",
)  # fmt: skip


def show(study: Study, results: Sequence[Result]) -> None:
    """Print it for people."""
    promise = study.promise
    say(
        f"{len(study.arrivals)} requests; kept: first token within {promise.first_s:g} s and answer"
        f" within {promise.end_s:g} s. Times in seconds, MEAN of the replicas that were up."
    )
    show_table(_HEADS, [_row(result.outcome) for result in results])
    most = max(result.outcome.most_replicas for result in results)
    say(f"\nreplicas that were up over time, of {most}:")
    width = max(len(result.outcome.policy) for result in results)
    for result in results:
        say(f"{result.outcome.policy:{width}} |{chart(result.course, most)}|")
    say("\nA model of an engine, not an engine: its figures are those of --engine.")


def _row(one: Outcome) -> tuple[str, ...]:
    return (
        one.policy,
        f"{100 * one.kept:.2f} %",
        *_spread(one.first),
        *_spread(one.end),
        f"{one.gpu_hours:.1f}",
        f"{one.mean_replicas:.2f}",
        str(one.changes),
    )


def _spread(spread: Spread) -> tuple[str, ...]:
    return tuple(f"{value:.2f}" for value in (spread.p50, spread.p95, spread.p99))
