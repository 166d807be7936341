"""`serve deploy` of a Kubernetes overlay onto nodes with labels: each part runs where it may."""

from __future__ import annotations

import pytest
import yaml

from tests.serve.cluster.nodes import ROLE, homes_apart, writes_the_ledger
from tests.serve.cluster.site import (
    CHANGED,
    OVERLAY,
    PROVIDER_KEY,
    ROOT,
    Site,
    arguments,
    chat,
    differences,
)
from tests.serve.sockets import sockets_at

PLACES = {
    "head": set(),
    "gateway": {"Gateway"},
    "models": {"LLM-mistral", "Embedder-embed"},
    "state": {"State", "Retriever"},
    "egress": {"Egress"},
}


def test_it_is_the_overlays_configuration(site: Site) -> None:
    theirs, ours = yaml.safe_load(OVERLAY.read_text()), yaml.safe_load(site.file.read_text())
    theirs |= {"args": arguments(theirs), "applications": None}
    ours |= {"args": arguments(ours), "applications": None}
    assert differences(theirs, ours) == CHANGED


def test_it_has_the_nodes_of_the_overlay(site: Site) -> None:
    service = yaml.safe_load((ROOT / "k8s" / "base" / "rayservice.yaml").read_text())
    spec = service["spec"]["rayClusterConfig"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    assert [one["labels"][ROLE] for one in groups] == list(site.cluster.nodes)


def test_each_deployment_runs_on_the_nodes_with_its_label_alone(site: Site) -> None:
    assert {name: set(node.replicas()) for name, node in site.cluster.nodes.items()} == PLACES
    assert len(site.cluster.nodes["gateway"].replicas()["Gateway"]) == 2


@pytest.mark.parametrize("model", ["mistral", "chatgpt"])
def test_it_answers(site: Site, model: str) -> None:
    with site.client() as client:
        answer = client.post("/v1/chat/completions", json=chat(model))
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"]


def test_every_node_takes_requests_in(site: Site) -> None:
    """A gateway answers through the proxy of its own node as through the head's."""
    port = site.cluster.nodes["gateway"].http
    with site.client() as client:
        answer = client.get(f"http://127.0.0.1:{port}/v1/models")
    assert {"mistral", "chatgpt"} <= {row["id"] for row in answer.json()["data"]}


def test_what_is_searched_lies_with_the_state(site: Site) -> None:
    text = "The lighthouse of Podium stands on a rock of basalt."
    with site.client() as client:
        put = client.put(
            "/v1/collections/far/documents/rock.md",
            content=text,
            headers={"content-type": "text/markdown"},
        )
        assert put.status_code == 200, put.text
        found = client.post("/v1/collections/far/search", json={"query": "lighthouse"})
    assert "basalt" in found.text
    if homes_apart():
        homes = {name: site.cluster.home_of(name) for name in PLACES}
        kept = {name for name, home in homes.items() if any((home / "collections").iterdir())}
        assert kept == {"state"}


@pytest.mark.skipif(not homes_apart(), reason="unshare --mount: all nodes have one home here")
def test_the_providers_key_lies_on_the_node_of_the_gate_alone(site: Site) -> None:
    holders = {
        name
        for name in PLACES
        for path in site.cluster.home_of(name).rglob("*")
        if path.is_file() and PROVIDER_KEY.encode() in path.read_bytes()
    }
    assert holders == {"egress"}


def test_between_nodes_calls_go_by_ray_and_not_by_the_door(site: Site) -> None:
    """The gate's socket listens and nobody comes; the ledger is written by the state alone."""
    (gate,) = site.cluster.nodes["egress"].replicas()["Egress"]
    assert sockets_at(gate, "gate") == 1
    (state,) = site.cluster.nodes["state"].replicas()["State"]
    assert writes_the_ledger(state) and not writes_the_ledger(gate)


def test_between_nodes_an_answer_comes_by_ray_alone(site: Site) -> None:
    with site.client() as client:
        answer = client.post("/v1/chat/completions", json=chat("mistral", stream=True))
    assert answer.text.endswith("data: [DONE]\n\n"), answer.text
    gateways = site.cluster.nodes["gateway"].replicas()["Gateway"]
    assert [sockets_at(gateway, "mail") for gateway in gateways] == [1, 1]
    (replica,) = site.cluster.nodes["models"].replicas()["LLM-mistral"]
    assert sockets_at(replica, "llm") <= 1
