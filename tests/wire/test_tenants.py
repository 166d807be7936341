"""Two tenants at one server: neither finds, lists, reads, changes or deletes what the other has.

Every probe is shown to find the thing with the owner's key first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support_contract import REFUND
from tests.wire.conftest import plain
from tests.wire.server import Server
from tests.wire.test_bad_requests import ASK, CHAT, checked

DOCUMENT = "/v1/collections/kb/documents/refunds.md"
LISTED = "/v1/collections/kb/documents"
SEARCH = "/v1/collections/kb/search"
RUNS = "/v1/pipelines/support/runs"
MARKDOWN = {"content-type": "text/markdown"}


@pytest.fixture
def owner(server: Server, documents: None) -> Iterator[httpx2.Client]:
    """Tenant `default`, whose collection `kb` has a document."""
    with plain(server) as client:
        yield client


@pytest.fixture
def other(server: Server) -> Iterator[httpx2.Client]:
    """Tenant `other`, with nothing of its own at the start and at the end."""
    with plain(server, "other") as client:
        yield client
        client.delete(DOCUMENT)


def found(client: httpx2.Client) -> list[str]:
    answer = client.post(SEARCH, json={"query": "refunds"})
    return [hit["text"] for hit in answer.json()["hits"]] if answer.status_code == 200 else []


def ids(client: httpx2.Client) -> list[str]:
    answer = client.get(LISTED)
    return [one["id"] for one in answer.json()["documents"]] if answer.status_code == 200 else []


def test_documents_of_another_are_not_there(owner: httpx2.Client, other: httpx2.Client) -> None:
    assert found(owner) and ids(owner) == ["refunds.md"]
    assert owner.get(DOCUMENT).status_code == 200
    assert {"name": "kb"} in owner.get("/v1/collections").json()["data"]
    assert not found(other) and not ids(other)
    for method in ("GET", "DELETE"):
        checked(other.request(method, DOCUMENT), 404)
    assert owner.get(DOCUMENT).status_code == 200


def test_one_id_names_two_documents(owner: httpx2.Client, other: httpx2.Client) -> None:
    """The same collection and id of another tenant is another document."""
    before = found(owner)
    put = other.put(DOCUMENT, content=b"# Ours\nNo refunds at all.", headers=MARKDOWN)
    assert put.json()["status"] == "added"
    assert "No refunds at all." in found(other)[0]
    assert found(owner) == before and REFUND in before[0]
    assert other.get(DOCUMENT).json()["collection"] == "kb"
    assert {"name": "kb"} in other.get("/v1/collections").json()["data"]
    other.delete(DOCUMENT).raise_for_status()
    assert not found(other) and found(owner) == before


def test_no_name_leads_to_the_collections_of_another(
    owner: httpx2.Client, other: httpx2.Client
) -> None:
    other.put(DOCUMENT, content=b"# Ours\nNo refunds at all.", headers=MARKDOWN)
    assert found(other)
    for client, name in ((owner, "other~kb"), (other, "default~kb"), (other, "~kb")):
        path = f"/v1/collections/{name}"
        error = checked(client.post(f"{path}/search", json={"query": "refunds"}), 400)
        assert error["param"] == "collection"
        for method in ("GET", "PUT", "DELETE"):
            checked(client.request(method, f"{path}/documents/refunds.md", content=b"# X\nx"), 400)
        checked(client.get(f"{path}/documents"), 400)
    assert found(other)


def test_a_pipeline_reads_the_documents_of_its_own_tenant(
    owner: httpx2.Client, other: httpx2.Client
) -> None:
    body = {"inputs": {"text": "How long may I return things for a refund?"}}
    told = owner.post(RUNS, json=body).json()
    assert [one["collection"] for one in told["sources"]] == ["kb"]
    answer = other.post(RUNS, json=body)
    assert REFUND not in answer.text and not answer.json().get("sources")


def test_runs_of_another_are_not_there(owner: httpx2.Client, other: httpx2.Client) -> None:
    run = owner.post(RUNS, json={"inputs": {"text": "A refund?"}}).json()["run_id"]
    assert owner.get(f"/v1/runs/{run}").json()["run_id"] == run
    assert run in owner.get("/v1/runs", params={"limit": 500}).text
    error = checked(other.get(f"/v1/runs/{run}"), 404)
    assert error == checked(other.get("/v1/runs/run_none"), 404) | {"message": error["message"]}
    assert run not in other.get("/v1/runs", params={"limit": 500}).text


def test_a_tenant_has_a_prefix_cache_of_its_own(server: Server) -> None:
    """Equal for one tenant at one level, else different; what a client sends changes nothing."""
    body: dict[str, Any] = {"model": "mistral", "messages": ASK}
    confidential = body | {"route": {"data_class": "CONFIDENTIAL"}}
    asked = [("admin", body), ("infer", body), ("other", body), ("admin", confidential),
             ("other", confidential)]  # fmt: skip
    for key, sent in asked:
        with plain(server, key) as client:
            assert client.post(CHAT, json=sent).status_code == 200
    salts = server.on_loop(lambda stage: [call.cache_salt for call in stage.chat.calls])
    assert salts[0] == salts[1]
    assert len({salts[0], *salts[2:]}) == 4


def test_a_salt_of_the_client_s_own_never_reaches_a_model(server: Server) -> None:
    body: dict[str, Any] = {"model": "mistral", "messages": ASK}
    mine = "a-salt-of-mine"
    with plain(server) as client:
        assert client.post(CHAT, json=body).status_code == 200
        answers = [
            client.post(CHAT, json=body | {"cache_salt": mine}),
            client.post(CHAT, json=body | {"route": {"cache_salt": mine}}),
            client.post(CHAT, json=body, headers={"x-cache-salt": mine}),
        ]
    assert [answer.status_code for answer in answers] == [400, 400, 200]
    salts = server.on_loop(lambda stage: [call.cache_salt for call in stage.chat.calls])
    assert len(set(salts)) == 1 and mine not in salts
