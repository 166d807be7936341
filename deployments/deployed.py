"""Whether what Serve was told to run is there, or can still come up."""

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


def is_settled() -> bool:
    """Whether Serve's controller answers, has every replica and proxy, and brings none up now."""
    from ray import serve
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    try:
        status = serve.status()
    except (RayError, RayServeException, TimeoutError):
        return False
    running = all(one.status == "RUNNING" for one in status.applications.values())
    return running and all(one == "HEALTHY" for one in status.proxies.values())


def _end(message: str) -> str:
    lines = [line for line in message.strip().splitlines() if line.strip()]
    return "\n".join(lines[-_LINES:])
