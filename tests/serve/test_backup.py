"""A copy of a home under load, and a second Podium on what was made of it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx2
import pytest

from tests.serve.instance import Instance, run, start
from tests.serve.test_lifecycle import SMALL

DOCUMENT = "/v1/collections/copied/documents/valves.md"


@pytest.mark.timeout(600)
def test_a_copy_made_under_load_is_a_podium_again(
    podium: Instance, http: httpx2.Client, tmp_path: Path
) -> None:
    text = "The left valve is turned twice a day."
    assert http.put(DOCUMENT, content=text.encode()).status_code == 200
    stop = threading.Event()
    load = [threading.Thread(target=_make_keys, args=(podium, stop)) for _ in range(3)]
    for thread in load:
        thread.start()
    try:
        made = run("backup", str(tmp_path / "copy.zip"), "--json", home=podium.home)
    finally:
        stop.set()
        for thread in load:
            thread.join()
        http.delete(DOCUMENT)
    assert made.returncode == 0, made.stderr
    head = json.loads(made.stdout)["ledger_head"]

    again = tmp_path / "again"
    assert run("restore", str(tmp_path / "copy.zip"), home=again).returncode == 0
    anchor = f"{head['seq']}:{head['hash']}"
    verified = run("audit", "verify", "--anchor", anchor, "--json", home=again)
    verdict = json.loads(verified.stdout)
    assert (verdict["ok"], verdict["anchored"], verdict["authenticated"]) == (True, True, True)
    _answers_as_before(start(again, more=SMALL), podium.key, text)


def _make_keys(podium: Instance, stop: threading.Event) -> None:
    headers = {"authorization": f"Bearer {podium.key}"}
    with httpx2.Client(
        base_url=podium.base_url, headers=headers, timeout=60, trust_env=False
    ) as client:
        while not stop.is_set():
            body = {"tenant": "copied", "scopes": ["infer"]}
            assert client.post("/v1/admin/keys", json=body).status_code == 201


def _answers_as_before(instance: Instance, key: str, text: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    try:
        with httpx2.Client(
            base_url=instance.base_url, headers=headers, timeout=60, trust_env=False
        ) as client:
            body = {"query": "Which valve is turned?", "k": 1}
            found = client.post("/v1/collections/copied/search", json=body)
            assert found.status_code == 200, found.text
            assert text in found.text
            listed = client.get("/v1/admin/keys", params={"tenant": "copied"})
            assert len(listed.json()["data"]) >= 1
    finally:
        instance.stop()
