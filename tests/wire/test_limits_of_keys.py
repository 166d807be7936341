"""Rates and budgets of keys and tenants, as clients meet them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest

from router.detect.look import look
from router.detect.scan import Scan
from router.detect.scanner import Scanner
from tests.wire.conftest import plain
from tests.wire.server import Server
from tests.wire.test_bad_requests import ASK, CHAT, checked
from tests.wire.test_keys import KEYS

BODY: dict[str, Any] = {"model": "mistral", "messages": ASK, "max_tokens": 4}
Client = Callable[..., httpx2.Client]


@pytest.fixture
def keyed(server: Server, http: httpx2.Client) -> Client:
    """A client with a new key of these limits."""

    def make(**limits: Any) -> httpx2.Client:
        told = http.post(KEYS, json={"scopes": ["infer", "read"], **limits}).json()
        client = plain(server, None)
        client.headers["authorization"] = f"Bearer {told['key']}"
        client.headers["x-test-id"] = told["id"]
        return client

    return make


def spending(http: httpx2.Client, client: httpx2.Client) -> dict[str, Any]:
    """The only budget of the client's key."""
    id = client.headers["x-test-id"]
    (key,) = [one for one in http.get(KEYS).json()["data"] if one["id"] == id]
    (budget,) = key["limits"]["budgets"]
    return dict(budget)


def settled(http: httpx2.Client, client: httpx2.Client) -> int:
    """What is spent of it, once what was taken ahead has been given back."""
    until = time.monotonic() + 20.0
    while (budget := spending(http, client))["held"] and time.monotonic() < until:
        time.sleep(0.05)
    assert budget["held"] == 0
    return int(budget["spent"])


def test_headers_tell_what_is_left_of_a_rate(keyed: Client, http: httpx2.Client) -> None:
    with keyed(rpm=5, tpm=9000) as client:
        first, second = client.post(CHAT, json=BODY), client.get("/v1/models")
    assert first.headers["x-ratelimit-limit-requests"] == "5"
    assert first.headers["x-ratelimit-remaining-requests"] == "4"
    assert second.headers["x-ratelimit-remaining-requests"] == "3"
    assert second.headers["x-ratelimit-reset-requests"].endswith("s")
    assert first.headers["x-ratelimit-limit-tokens"] == "9000"
    used = first.json()["usage"]["total_tokens"]
    assert second.headers["x-ratelimit-remaining-tokens"] == str(9000 - used)
    assert not [name for name in http.get("/v1/models").headers if "ratelimit" in name]


def test_requests_over_the_rate_are_told_when_to_come_again(keyed: Client) -> None:
    with keyed(rpm=2) as client:
        assert [client.post(CHAT, json=BODY).status_code for _ in range(2)] == [200, 200]
        answer = client.post(CHAT, json=BODY)
    error = checked(answer, 429)
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert error["param"] == "rpm"
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"


def test_tokens_over_the_rate(keyed: Client) -> None:
    body = BODY | {"max_tokens": 200}
    with keyed(tpm=300) as client:
        assert client.post(CHAT, json=body).status_code == 200
        assert client.post(CHAT, json=body | {"stream": True}).status_code == 200
        error = checked(client.post(CHAT, json=body | {"max_tokens": 4000}), 429)
    assert error["param"] == "tpm"


def test_a_tenant_is_limited_as_a_whole(server: Server, http: httpx2.Client, keyed: Client) -> None:
    put = "/v1/admin/tenants/crowd/limits"
    assert http.put(put, json={"rpm": 2}).json()["limits"]["rpm"] == 2
    with keyed(tenant="crowd") as one, keyed(tenant="crowd") as two, keyed() as stranger:
        assert one.get("/v1/models").status_code == 200
        assert two.get("/v1/models").status_code == 200
        assert "the tenant 'crowd'" in checked(one.get("/v1/models"), 429)["message"]
        assert stranger.get("/v1/models").status_code == 200


def test_a_budget_counts_what_was_used_and_then_refuses(keyed: Client, http: httpx2.Client) -> None:
    with keyed(tokens_per_day=400) as client:
        first = client.post(CHAT, json=BODY)
        used = first.json()["usage"]["total_tokens"]
        assert used > 0
        assert spending(http, client) == {
            "unit": "tokens", "window": "day", "limit": 400, "spent": used, "held": 0
        }  # fmt: skip
        answer = client.post(CHAT, json=BODY | {"max_tokens": 400})
        error = checked(answer, 429)
        assert (error["type"], error["code"]) == ("insufficient_quota", "budget_exceeded")
        assert error["param"] == "tokens_per_day"
        assert answer.headers["x-should-retry"] == "false"
        assert 1 <= int(answer.headers["retry-after"]) <= 86_400
        assert spending(http, client)["spent"] == used
        assert client.post(CHAT, json=BODY).status_code == 200


def test_streams_count_and_are_refused_before_they_begin(
    keyed: Client, http: httpx2.Client
) -> None:
    with keyed(tokens_per_day=400) as client:
        body = BODY | {"stream": True, "stream_options": {"include_usage": True}}
        assert client.post(CHAT, json=body).text.endswith("data: [DONE]\n\n")
        assert spending(http, client)["spent"] > 0
        checked(client.post(CHAT, json=body | {"max_tokens": 400}), 429)


def test_who_has_called_before_need_not_wait_for_its_budget_once_it_is_read(
    server: Server, keyed: Client, http: httpx2.Client
) -> None:
    asked: list[list[str]] = []
    calls = server.on_loop(lambda stage: stage.remotes["state"].calls)

    def noting(text: str, spoken: bool, budget_s: float) -> Scan:
        asked.append([name for name in calls if name == "reserve"])
        return look(text, spoken, budget_s)

    server.on_loop(lambda stage: setattr(stage.gateway, "scanner", Scanner(noting)))
    with keyed(tokens_per_day=1_000_000) as client:
        for _ in range(2):
            server.on_loop(lambda _: calls.clear())
            assert client.post(CHAT, json=BODY).status_code == 200
            settled(http, client)
    server.on_loop(lambda stage: setattr(stage.gateway, "scanner", Scanner()))
    assert asked == [[], ["reserve"]]


def test_embeddings_and_pipelines_count(
    keyed: Client, http: httpx2.Client, documents: None
) -> None:
    with keyed(tokens_per_day=1000) as client:
        body = {"model": "embed", "input": "a few words"}
        used = client.post("/v1/embeddings", json=body).json()["usage"]["total_tokens"]
        assert spending(http, client)["spent"] == used > 0
    with keyed(tokens_per_day=100_000) as client:
        run = client.post("/v1/pipelines/support/runs", json={"inputs": {"text": "A refund?"}})
        assert run.status_code == 200, run.text
        assert settled(http, client) > 0
    with keyed(tokens_per_day=10) as client:
        run = client.post("/v1/pipelines/support/runs", json={"inputs": {"text": "A refund?"}})
        assert checked_code(run) == (429, "budget_exceeded")


def checked_code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_racers_of_one_key_never_pass_its_budget(
    server: Server, keyed: Client, http: httpx2.Client
) -> None:
    """Presence: without a budget all of them are answered."""
    body = BODY | {"max_tokens": 30}
    for limit, most in ((None, 12), (150, 11)):
        limits = {"tokens_per_day": limit} if limit else {}
        with keyed(**limits) as client, ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: client.post(CHAT, json=body), range(12)))
            codes = [answer.status_code for answer in answers]
            told = [answer.text for answer in answers if answer.status_code not in (200, 429)]
            assert not told and 1 <= codes.count(200) <= most
            if limit:
                assert spending(http, client)["spent"] <= limit
            else:
                assert codes == [200] * 12


def test_without_a_budget_nobody_is_asked(server: Server, keyed: Client) -> None:
    """Presence: the same call with a budget asks State twice."""
    for limits, calls in (({"rpm": 60, "tpm": 9000, "budget_usd": ["5/day"]}, 0),
                          ({"tokens_per_day": 900}, 2)):  # fmt: skip
        with keyed(**limits) as client:
            server.on_loop(lambda stage: stage.remotes["state"].calls.clear())
            assert client.post(CHAT, json=BODY).status_code == 200
            told = server.on_loop(lambda stage: list(stage.remotes["state"].calls))
        assert len([one for one in told if one in ("reserve", "settle")]) == calls
        assert set(told) <= {"reserve", "settle", "keys", "record_costs", "record_decisions"}


def test_state_down_is_said_to_keys_with_a_budget_alone(server: Server, keyed: Client) -> None:
    with keyed(tokens_per_day=900) as bounded, keyed() as free:
        assert bounded.post(CHAT, json=BODY).status_code == 200
        server.on_loop(lambda stage: setattr(stage.remotes["state"], "down", True))
        checked(bounded.post(CHAT, json=BODY), 503)
        assert free.post(CHAT, json=BODY).status_code == 200
        server.on_loop(lambda stage: setattr(stage.remotes["state"], "down", False))
        assert bounded.post(CHAT, json=BODY).status_code == 200


def test_the_sdk_knows_these_refusals(server: Server, keyed: Client) -> None:
    with keyed(tokens_per_day=10) as client:
        key = client.headers["authorization"].removeprefix("Bearer ")
    sdk = openai.OpenAI(base_url=f"{server.url}/v1", api_key=key)
    with sdk, pytest.raises(openai.RateLimitError) as refusal:
        sdk.chat.completions.create(**BODY)
    assert refusal.value.code == "budget_exceeded"
