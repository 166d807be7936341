"""Checks that every library's telemetry is off, here and in what runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psutil

from deployments.doctor.finding import Finding, Patient, fail, ok, warn
from deployments.doctor.process_tree import cluster_of, environment_of
from models.quiet import quiet_environment


def check_telemetry(patient: Patient) -> Iterator[Finding]:
    """The variables in this shell, and in each process of the running instance."""
    loud = _loud(patient.environ, only_set=True)
    if loud:
        yield warn(
            "telemetry",
            f"this shell sets {', '.join(loud)}; Podium sets them otherwise for its own processes",
            f"unset {' '.join(name.partition('=')[0] for name in loud)}",
        )
    running = patient.running
    open_ = [p for p in cluster_of(running.pid) if _is_loud(p)] if running else []
    for process in open_:
        yield fail(
            "telemetry",
            f"process {process.pid} runs without the variables that switch telemetry off",
            "Restart: `podium down`, then `podium up`.",
        )
    if not loud and not open_:
        yield ok("telemetry", f"off ({len(quiet_environment())} variables)")


def _is_loud(process: psutil.Process) -> bool:
    return bool(_loud(environment_of(process), only_set=False))


def _loud(environ: Mapping[str, str], *, only_set: bool) -> list[str]:
    """What differs; a variable that is not set counts unless `only_set`."""
    return [
        f"{name}={environ.get(name, '')}"
        for name, value in quiet_environment().items()
        if (name in environ or not only_set) and environ.get(name) != value
    ]
