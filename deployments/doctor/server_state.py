"""Checks of the running server from outside: ready, and closed to those without a key."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2

from deployments.doctor.finding import Finding, Patient, fail, ok, warn

_PATIENCE_S = 10.0
_UNAUTHORISED = 401


def check_server(patient: Patient) -> Iterator[Finding]:
    """`/readyz`, and whether `/v1/models` refuses a caller without a key."""
    if patient.running is None:
        yield ok("server", "nothing runs on this home; `podium up` starts it")
        return
    base = patient.running.base_url
    try:
        with httpx2.Client(base_url=base, timeout=_PATIENCE_S, trust_env=False) as client:
            ready, models = client.get("/readyz"), client.get("/v1/models")
    except httpx2.HTTPError as error:
        fix = "See the logs in the home; `podium down`, then `podium up`."
        yield fail("server", f"{base} does not answer ({type(error).__name__})", fix)
        return
    if ready.is_success:
        yield ok("server", f"{base} is ready")
    else:
        yield warn("server", f"{base} is not ready yet", "See which model: `podium status`.")
    if models.status_code == _UNAUTHORISED:
        yield ok("keys", "a caller without a key is refused")
    else:
        yield fail(
            "keys",
            f"a caller without a key got {models.status_code} from /v1/models",
            "Something stands before Podium and lets everybody in: remove it.",
        )
