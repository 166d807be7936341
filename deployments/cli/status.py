"""`podium status`: what the server says of itself."""

from __future__ import annotations

from typing import Any

from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, say
from deployments.cli.server import Server
from deployments.cli.target import find_target


def status(
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Show what runs: models, engines, load, versions."""
    with Server(find_target(url, key, home)) as server:
        found = server.get("/v1/status")
    if json_:
        emit(found)
    else:
        _show(found, "")


def _show(value: Any, indent: str) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for name, item in items:
        if isinstance(item, dict | list) and _nested(item):
            say(f"{indent}{name}:")
            _show(item, f"{indent}  ")
        elif item is not None:
            shown = (", ".join(map(str, item)) or "none") if isinstance(item, dict | list) else item
            say(f"{indent}{name}: {shown}")


def _nested(item: dict[str, Any] | list[Any]) -> bool:
    """Whether it needs lines of its own; names alone stand in one."""
    return bool(item) if isinstance(item, dict) else any(isinstance(one, dict) for one in item)
