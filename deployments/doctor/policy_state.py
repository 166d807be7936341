"""Checks that the policy file is the policy in force, and says why it is not."""

from __future__ import annotations

from collections.abc import Iterator

from deployments.doctor.finding import Finding, Patient, fail, ok
from deployments.policy_check import check_policy
from models.errors import PodiumError


def check_policy_file(patient: Patient) -> Iterator[Finding]:
    """The file as a running or starting Podium would take it; a refused one leaves the old one."""
    try:
        policy = check_policy(patient.settings, patient.home)
    except PodiumError as error:
        yield fail(
            "policy",
            f"{error.message} The policy accepted before stays in force.",
            "Mend the file, or see `podium policy diff` for what two people must approve.",
        )
        return
    yield ok("policy", f"version {policy.version}, {policy.digest[:12]}")
