"""Schemathesis over the server's own description: no fault of ours, no status it does not say.

Streams are left out: an event stream is no JSON document, and the official clients judge them.
"""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, GenerationMode

from deployments.gateway_app import MODULES
from deployments.wire.openapi import describe
from tests.wire.server import Server

SEED = 20261128
_RIGHT = GenerationMode.POSITIVE


def described() -> dict[str, Any]:
    """What the gateway serves at /openapi.json, without a gateway."""
    app = FastAPI(title="Podium", version="1")
    for module in MODULES:
        app.include_router(module.router)
    return describe(app)


OPERATIONS = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok()
    for found in schemathesis.openapi.from_dict(described()).get_all_operations()
}


def whole(case: Case) -> None:
    """Ask for no stream."""
    if isinstance(case.body, dict) and "stream" in case.body:
        case.body["stream"] = False


def documented(name: str) -> set[int]:
    """The statuses that the description names."""
    return {int(status) for status in OPERATIONS[name].definition.raw["responses"]}


def asked(server: Server, name: str, examples: int, known: set[int]) -> set[int]:
    """Every status that came back to requests drawn right and, where that can be, drawn wrong."""
    operation, statuses = OPERATIONS[name], set()
    modes = list(GenerationMode) if "security" in operation.definition.raw else [_RIGHT]

    def check(case: Case) -> None:
        whole(case)
        answer = case.call(base_url=server.url, headers=server.headers(), timeout=60)
        statuses.add(answer.status_code)
        told = f"{answer.status_code} {answer.text[:500]} to {case.as_curl_command()}"
        assert answer.status_code < 500, told
        assert answer.status_code in known, told
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/json"], told

    for mode in modes:
        drawn = given(case=operation.as_strategy(generation_mode=mode))
        bounded = settings(
            max_examples=examples, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        seed(SEED)(bounded(drawn(check)))()
    return statuses


def test_the_description_is_the_servers_own(gated: Server) -> None:
    served = httpx2.get(f"{gated.url}/openapi.json", trust_env=False).json()
    assert served["paths"] == described()["paths"]
    assert {"RouteBody", "TurnBody", "Error"} <= served["components"]["schemas"].keys()


def test_the_judge_finds_what_is_not_described(gated: Server) -> None:
    name = "GET /v1/models/{model}"
    with pytest.raises(AssertionError, match="404"):
        asked(gated, name, 4, documented(name) - {404})


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_fault_and_no_undocumented_status(gated: Server, name: str) -> None:
    assert asked(gated, name, 4, documented(name))


@pytest.mark.assurance
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_fault_and_no_undocumented_status_at_length(gated: Server, name: str) -> None:
    assert asked(gated, name, 50, documented(name))
