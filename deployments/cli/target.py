"""Which server a command talks to, and with which key."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from deployments.cli.failures import Unreachable
from deployments.home import Home, default_home
from deployments.run_file import Running, read_running
from models.errors import InvalidRequest, SetupError


@dataclass(frozen=True, slots=True)
class Target:
    """`base_url` is the root without /v1 and without a slash at its end."""

    base_url: str
    key: str | None = field(default=None, repr=False)


def home_of(path: Path | None) -> Home:
    """The home a command works on, there or not."""
    return Home((path or default_home()).absolute())


def find_target(url: str | None, key: str | None, home_path: Path | None) -> Target:
    """The server named by `url`, else the one that runs on the home; Unreachable when none does.

    The home's first key goes to loopback and to the home's own server only: a URL that someone
    else suggested must not be able to ask for it.
    """
    home = home_of(home_path)
    running = read_running(home)
    base_url = _checked(url) if url else _own(home, running)
    if not key and (_is_loopback(base_url) or (running and running.base_url == base_url)):
        key = _first_key(home)
    return Target(base_url, key or None)


def _own(home: Home, running: Running | None) -> str:
    if running is None:
        raise Unreachable(
            f"No Podium runs on {home.path}. Start one with `podium up`, or name a server with "
            "--url or PODIUM_BASE_URL."
        )
    return running.base_url.rstrip("/")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise InvalidRequest(
            "The server's URL must look like http://127.0.0.1:8000.", param="--url"
        )
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _first_key(home: Home) -> str | None:
    try:
        return home.first_key.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(
            f"{home.first_key} cannot be read: {error.strerror}. Pass a key with --key or "
            "PODIUM_API_KEY.",
            param="--key",
        ) from error
