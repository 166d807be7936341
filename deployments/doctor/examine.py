"""Runs every check; one that cannot look says so, and the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import psutil

from deployments.doctor.finding import Check, Finding, Patient, fail, warn
from deployments.doctor.home_state import check_disk, check_home
from deployments.doctor.installation import check_installation
from deployments.doctor.listening import check_listening, check_token
from deployments.doctor.machine_state import (
    check_limits,
    check_memory,
    check_port,
    check_processor,
)
from deployments.doctor.policy_state import check_policy_file
from deployments.doctor.server_state import check_server
from deployments.doctor.telemetry import check_telemetry
from deployments.doctor.weights_state import check_weights
from deployments.home import Home
from deployments.run_file import read_running
from deployments.settings import load_settings
from models.errors import PodiumError

CHECKS: Sequence[Check] = (
    check_installation,
    check_processor,
    check_memory,
    check_limits,
    check_home,
    check_disk,
    check_telemetry,
    check_weights,
    check_policy_file,
    check_port,
    check_server,
    check_token,
    check_listening,
)


def examine(
    home: Home, environ: Mapping[str, str], checks: Sequence[Check] = CHECKS
) -> Iterator[Finding]:
    """All findings, in the order of the checks; settings that do not hold up come first."""
    try:
        settings = load_settings({}, environ, home.settings)
    except PodiumError as error:
        yield fail("settings", error.message, "Mend it, then see `podium config check`.")
        settings = load_settings({}, {})
    patient = Patient(home, settings, read_running(home), environ)
    for check in checks:
        yield from _run(check, patient)


def _run(check: Check, patient: Patient) -> Iterator[Finding]:
    name = check.__name__.removeprefix("check_")
    try:
        yield from check(patient)
    except PodiumError as error:
        yield fail(name, error.message, "Mend it as said, then look again.")
    except (OSError, psutil.Error) as error:
        yield warn(name, f"could not look: {type(error).__name__}", "Run it as Podium's own user.")
