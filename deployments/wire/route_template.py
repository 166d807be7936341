"""The pattern of the route that answers a request: a path itself may hold a document's name."""

from __future__ import annotations

from starlette.routing import Match
from starlette.types import Scope

NO_ROUTE = "other"


def route_template(scope: Scope) -> str:
    """Such as `/v1/runs/{run_id}`, or `other` when nothing answers on that path."""
    found = NO_ROUTE
    for route in getattr(scope.get("app"), "routes", ()):
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return str(route.path)
        if match is Match.PARTIAL and found == NO_ROUTE:
            found = str(route.path)
    return found
