"""Whether what Serve was told to run can still come up."""

from __future__ import annotations

from models.errors import SetupError

_LINES = 6


def check_deployed() -> None:
    """Raise SetupError naming the deployment that failed and the end of its error."""
    from ray import serve

    for application in serve.status().applications.values():
        if application.status not in ("DEPLOY_FAILED", "UNHEALTHY"):
            continue
        for name, deployment in application.deployments.items():
            if deployment.status in ("DEPLOY_FAILED", "UNHEALTHY"):
                raise SetupError(f"{name} could not start:\n{_end(deployment.message)}")
        raise SetupError(f"Podium could not start:\n{_end(application.message)}")


def _end(message: str) -> str:
    lines = [line for line in message.strip().splitlines() if line.strip()]
    return "\n".join(lines[-_LINES:])
