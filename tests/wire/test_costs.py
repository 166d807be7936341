"""Costs over the wire: a model outside with a price, whole, streamed and broken off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deployments.settings import Settings
from deployments.stub.script import Row
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import PATIENCE_S, Server
from tests.wire.stub_server import StubServer

ASK: dict[str, Any] = {
    "model": "chatgpt",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "one two three"}],
}


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer(Row(reply="four five")) as server:
        yield server


@pytest.fixture
def gated(stub: StubServer, tmp_path: Path) -> Iterator[Server]:
    stage = GatedStage(tmp_path, Settings(models=MODELS), base_url=stub.url)
    stage.price = {"in": 2, "out": 8}
    server = Server(stage).start()
    yield server
    server.stop()


@pytest.fixture
def http(gated: Server) -> Iterator[httpx2.Client]:
    with plain(gated) as made:
        yield made


def costs(gated: Server, http: httpx2.Client, **query: str) -> dict[str, Any]:
    gated.run(gated.stage.gateway.accounting.costs.flush())
    answer = http.get("/v1/costs", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_every_call_is_there_with_what_the_route_said(
    gated: Server, http: httpx2.Client, stub: StubServer
) -> None:
    first = http.post("/v1/chat/completions", json=ASK).json()
    assert first["route"]["cost_usd"] == pytest.approx((3 * 2 + 2 * 8) / 1e6)
    told = costs(gated, http, by="model,tenant,pipeline")
    (row,) = [one for one in told["data"] if one["model"] == "chatgpt"]
    assert (row["calls"], row["cancelled"], row["tenant"], row["pipeline"]) == (1, 0, "default", "")
    assert row["cost_usd"] == first["route"]["cost_usd"]
    assert told["estimated_usd"] == 0

    stub.tell(Row(reply="word", words=50_000, pace=50))
    with http.stream("POST", "/v1/chat/completions", json=ASK | {"stream": True}) as events:
        next(events.iter_lines())
    told = costs(gated, http, by="day,model")
    end = time.monotonic() + PATIENCE_S
    while told["data"][0]["calls"] < 2 and time.monotonic() < end:
        time.sleep(0.05)
        told = costs(gated, http, by="day,model")
    (row,) = [one for one in told["data"] if one["model"] == "chatgpt"]
    assert (row["calls"], row["cancelled"]) == (2, 1)
    assert 0 < row["estimated_usd"] < row["cost_usd"]


def test_a_failed_call_costs_nothing(gated: Server, http: httpx2.Client, stub: StubServer) -> None:
    stub.tell(Row(status=503))
    assert http.post("/v1/chat/completions", json=ASK).status_code == 503
    assert costs(gated, http)["data"] == []


def test_a_tenant_sees_its_own(gated: Server, http: httpx2.Client) -> None:
    body = ASK | {"model": "mistral"}
    http.post("/v1/chat/completions", json=body)
    http.post("/v1/chat/completions", json=body, headers=gated.headers("other"))
    assert {one["tenant"] for one in costs(gated, http, by="tenant")["data"]} == {
        "default", "other",
    }  # fmt: skip
    mine = gated.headers("other")
    seen = http.get("/v1/costs", params={"by": "tenant"}, headers=mine).json()
    assert [one["tenant"] for one in seen["data"]] == ["other"]
    assert http.get("/v1/costs?tenant=default", headers=mine).status_code == 403
    assert http.get("/v1/costs", headers=gated.headers("infer")).status_code == 403
    assert http.get("/v1/costs?by=secret").json()["error"]["param"] == "by"
