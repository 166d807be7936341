"""Canaries of every class in every field of a running instance; then every sink is searched.

The search itself is shown first: it finds what is planted in a file of each folder, what may stand
in each kind of sink, and what INTERNAL text and documents may leave for the provider.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.serve.instance import Instance
from tests.serve.outside import bodies, planting
from tests.serve.outside.canaries import Canaries, Canary, texts
from tests.serve.outside.planting import KEY_LIST, Planting
from tests.serve.outside.sinks import CAPTURE, KEYS, OTHERS, RECORDS, STORE, Place, sinks

SEED = 20261128
LEDGER, LOGS = "home/ledger", "home/logs"
# Names by which an operator knows whom a record is about; they stand where content may not.
NAMES = (LEDGER, LOGS, KEYS, KEY_LIST, "podium audit export --json", OTHERS)


def test_no_canary_in_a_sink_above_its_clearance(place: Place) -> None:
    _sweep(place, SEED, share=0.12)


@pytest.mark.assurance
@pytest.mark.timeout(3600)
def test_no_canary_of_any_field_in_a_sink(place: Place) -> None:
    _sweep(place, SEED + 1, share=1.0)


def _sweep(place: Place, seed: int, share: float) -> None:
    canaries, draw = Canaries(seed), random.Random(seed)
    instance = place.instance
    with _client(instance, instance.key) as client:
        sent = Planting(client, canaries, draw, share)
        named = _identifiers(sent)
        customer = _customer(instance.home, canaries)
        said = _plant(sent, customer)
        with (
            _key(client, "guarded", min_class="CONFIDENTIAL") as key,
            _client(instance, key) as guarded,
        ):
            planting.plant_floor(Planting(guarded, canaries, draw, share, sent.statuses))
        found = dict(_found(place, canaries))
        found |= {KEY_LIST: canaries.seen_in(client.get("/v1/admin/keys").content)}
        with _key(client, "strangers") as key, _client(instance, key) as other:
            found[OTHERS] = canaries.seen_in(b"".join(_others_see(other, canaries, draw)))
        spoken = _spoken(place, said)
    _show(canaries, sent.statuses, found)
    _probe_works(place, canaries, found, named)
    above = _above(canaries, found)
    assert not above, above
    assert not spoken, spoken


def _plant(sent: Planting, customer: str) -> list[str]:
    planting.plant_documents(sent)
    planting.plant_chats(sent)
    planting.plant_services(sent)
    said = planting.plant_speech(sent)
    operations = sent.client.get("/openapi.json").json()["paths"]
    planting.plant_paths(sent, _operations(operations))
    planting.plant_strangers(sent, str(sent.client.base_url))
    question = {"text": "When is a refund paid?", "customer_id": customer}
    for name, status in (("open-docs", 200), ("closed-docs", 403), ("records", 403)):
        for stream in (False, True):
            body = {"inputs": question, "stream": stream}
            answer = sent.send("POST", f"/v1/pipelines/{name}/runs", json=body)
            assert stream or answer.status_code == status, (name, answer.text)
    sent.send("POST", "/v1/pipelines/support/runs", json={"inputs": question})
    return said


def _operations(paths: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    for path, methods in sorted(paths.items()):
        yield from ((method.upper(), path) for method in sorted(methods))


def _identifiers(sent: Planting) -> dict[str, str]:
    """What does stand in sinks, by the sink: tenants, request ids and names of keys."""
    new = sent.canaries.new
    tenant, name, request = (
        new("identifier", "a tenant", *NAMES),
        new("identifier", "a key's name", *NAMES),
        new("identifier", "a plain request id", *NAMES, CAPTURE, "Ray's logs"),
    )
    made = sent.send("POST", "/v1/admin/keys", json={"tenant": tenant, "name": name})
    assert made.status_code == 201, made.text
    body = bodies.pipeline_chat(None) | {"model": "chatgpt"}
    del body["route"]["inputs"]
    answer = sent.send("POST", planting.CHAT, json=body, headers={"x-request-id": request})
    assert answer.status_code == 200, answer.text
    return {LEDGER: tenant, KEYS: name, LOGS: request, KEY_LIST: name}


def _customer(home: Path, canaries: Canaries) -> str:
    """A customer whose details are canaries; the id by which to ask for the record."""
    number = "C-9876"
    name, city = (canaries.new("crm", f"customer's {what}", RECORDS) for what in ("name", "city"))
    order, product, status = (
        canaries.new("crm", f"order's {what}", RECORDS) for what in ("number", "product", "status")
    )
    with sqlite3.connect(home / "crm.db") as database:
        database.execute(
            "INSERT INTO customers VALUES (?, ?, ?, ?, '2020-01-01')",
            (number, name, f"{name}@example.com", city),
        )
        database.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, '2026-01-01', 5)",
            (order, number, product, status),
        )
    return number


def _others_see(other: httpx2.Client, canaries: Canaries, draw: random.Random) -> Iterator[bytes]:
    """What another tenant is answered when it asks for all there is, and asks wrongly."""
    for path in (
        "/v1/models", "/v1/pipelines", "/v1/runs", "/v1/collections", "/metrics", "/v1/status",
        "/v1/collections/closeddocs/documents", "/v1/collections/opendocs/documents", "/v1/none",
        "/v1/runs/run_none", "/v1/admin/keys", "/v1/collections/closeddocs/documents/a.md",
    ):  # fmt: skip
        answer = other.get(path)
        yield answer.content + str(answer.headers).encode()
    for collection in ("closeddocs", "opendocs", "kb"):
        path = f"/v1/collections/{collection}/search"
        yield other.post(path, json={"query": "refund", "k": 50}).content
    mine = Canaries(draw.randrange(1 << 30))
    for body in (bodies.chat("chatgpt", "RESTRICTED"), bodies.chat("mistral", None), {}):
        yield other.post(planting.CHAT, json=body).content
        yield other.post(planting.CHAT, content=mine.new("tenant", "broken")).content


def _found(place: Place, canaries: Canaries) -> Iterator[tuple[str, set[str]]]:
    found: dict[str, set[str]] = {}
    for name, content in sinks(place):
        found.setdefault(name, set()).update(canaries.seen_in(content))
    yield from found.items()


def _spoken(place: Place, said: list[str]) -> list[tuple[str, str]]:
    assert len(said) > 3, "the call was heard"
    assert any(phrase.encode() in " ".join(said).encode() for phrase in said)
    return [
        (name, phrase)
        for name, content in sinks(place)
        for phrase in said
        if phrase.encode() in content
    ]


def _probe_works(
    place: Place, canaries: Canaries, found: Mapping[str, set[str]], named: Mapping[str, str]
) -> None:
    """Each kind of sink shows what may stand in it, and a file in each folder is searched."""
    for sink, text in named.items():
        assert text in found[sink], f"the search does not see {sink}"
    internal = [one for one in canaries.all.values() if one.kind == "INTERNAL"]
    assert texts(one for one in internal if one.where == "allowed chat") <= found[CAPTURE]
    assert texts(one for one in internal if one.where.endswith(" text")) & found[CAPTURE]
    assert texts(one for one in canaries.all.values() if one.kind == "crm") <= found[RECORDS]
    documents = [one for one in canaries.all.values() if one.kind == "document"]
    assert texts(one for one in documents if one.where.endswith(" text")) <= found[STORE]
    for folder in place.files.values():
        probe, text = folder / "planted", canaries.new("RESTRICTED", "planted in a file")
        probe.write_bytes(b"x" * 5000 + text.encode())
        try:
            assert text in set().union(*(seen for _, seen in _found(place, canaries)))
        finally:
            probe.unlink()
            del canaries.all[text]


def _above(canaries: Canaries, found: Mapping[str, set[str]]) -> list[tuple[str, Canary]]:
    return [
        (sink, canaries.all[text])
        for sink, seen in found.items()
        for text in sorted(seen)
        if text in canaries.all and sink not in canaries.all[text].may_stand
    ]


def _show(canaries: Canaries, statuses: Mapping[int, int], found: Mapping[str, set[str]]) -> None:
    kinds = Counter(one.kind for one in canaries.all.values())
    print(f"\n{sum(kinds.values())} canaries: {dict(kinds)}")
    print(f"{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
    print({sink: len(seen) for sink, seen in sorted(found.items())})


@contextmanager
def _key(client: httpx2.Client, tenant: str, **more: object) -> Iterator[str]:
    scopes = {"scopes": ["infer", "read", "write"]}
    made = client.post("/v1/admin/keys", json={"tenant": tenant, **scopes, **more}).json()
    yield made["key"]
    client.delete(f"/v1/admin/keys/{tenant}/{made['id']}")


def _client(instance: Instance, key: str) -> httpx2.Client:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.Client(
        base_url=instance.base_url, headers=headers, timeout=120.0, trust_env=False
    )
