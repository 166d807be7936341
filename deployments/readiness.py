"""Wait until a Podium says that it is ready, telling what it still waits for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2

from models.errors import SetupError

_PERIOD_S = 0.5


def wait_ready(
    base_url: str, seconds: float, say: Callable[[str], None], check: Callable[[], None]
) -> None:
    """Return when /readyz answers 200; raises SetupError after `seconds`, or what `check` raises.

    `check` is asked again and again whether starting can still succeed.
    """
    until = time.monotonic() + seconds
    told = ""
    with httpx2.Client(timeout=5.0, trust_env=False) as client:
        while time.monotonic() < until:
            status, body = _ask(client, base_url)
            if status == 200:
                return
            check()
            waiting = ", ".join(
                name for name, state in body.get("models", {}).items() if state != "ready"
            )
            if waiting != told:
                told = waiting
                say(f"loading {waiting}" if waiting else "starting")
            time.sleep(_PERIOD_S)
    raise SetupError(
        f"Podium was not ready within {seconds:.0f} s; it still waited for:"
        f" {told or 'the gateway'}. The logs folder of the home says why."
    )


def _ask(client: httpx2.Client, base_url: str) -> tuple[int, dict[str, Any]]:
    try:
        response = client.get(f"{base_url}/readyz")
        return response.status_code, response.json()
    except (httpx2.HTTPError, ValueError):
        return 0, {}
