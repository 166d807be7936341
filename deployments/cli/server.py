"""A connection to a Podium server, for one command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from deployments.cli.answers import answered, read_json, transport_errors
from deployments.cli.failures import AnsweredError
from deployments.cli.options import DEFAULT_TIMEOUT
from deployments.cli.target import Target

CONNECT_TIMEOUT = 5.0
DONE = "[DONE]"


def client_settings(target: Target, timeout: float) -> dict[str, Any]:
    """The arguments of every HTTP client: no proxy, no redirects, the key in its header."""
    headers = {"authorization": f"Bearer {target.key}"} if target.key else {}
    return {
        "base_url": target.base_url,
        "headers": headers,
        "timeout": httpx2.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
        "trust_env": False,
        "follow_redirects": False,
    }


def path_of(*parts: str) -> str:
    """A URL path of these parts; each is escaped, slashes and colons within a part stay."""
    return "/" + "/".join(quote(part, safe="/:") for part in parts)


class Server:
    """Asks and reads answers; every failure is a PodiumError or an AnsweredError."""

    def __init__(self, target: Target, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._base_url = target.base_url
        self._client = httpx2.Client(**client_settings(target, timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        """The JSON at `path`."""
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers `body`."""
        return self._ask("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers `body`, put in place of what was there."""
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Any:
        """The JSON that answers a deletion, empty when there is none."""
        return self._ask("DELETE", path)

    def events(self, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The server-sent events that answer `body`, until `[DONE]` or the end.

        An `error` inside the stream is raised as AnsweredError.
        """
        with (
            transport_errors(self._base_url),
            self._client.stream("POST", path, json=dict(body)) as response,
        ):
            if not response.is_success:
                response.read()
                raise answered(response)
            for event in httpx2.EventSource(response):
                if event.data == DONE:
                    return
                yield _event(event.data)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        content = None if body is None else dict(body)
        with transport_errors(self._base_url):
            return read_json(self._client.request(method, path, json=content))


def _event(data: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except ValueError as error:
        raise AnsweredError(
            200, {"message": "The server sent an event that is no JSON."}
        ) from error
    if not isinstance(event, dict):
        raise AnsweredError(200, {"message": "The server sent an event that is no object."})
    if isinstance(event.get("error"), dict) and "type" not in event:
        raise AnsweredError(200, event["error"])
    return event
