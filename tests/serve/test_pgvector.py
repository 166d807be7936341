"""Documents in a PostgreSQL with pgvector: kept from one Podium to the next, on real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest

from tests.postgres_server import missing, postgres_server
from tests.serve.instance import Instance, start

SMALL = {"PODIUM_MODELS": '["embed"]', "PODIUM_RETRIEVER__SOURCES": "{}"}
TEXTS = {
    "refunds.md": "# Refunds\nRefunds for headsets are paid within 41 days.",
    "delivery.md": "# Delivery\nDelivery of monitors costs 57 euros.",
}

pytestmark = [
    pytest.mark.assurance,
    pytest.mark.skipif(missing(vector=True) is not None, reason=str(missing(vector=True))),
]


def told(folder: Path, store: str) -> dict[str, str]:
    """Settings take no password: it lies in a file of this user's."""
    at = urlsplit(store)
    passwords = folder / "pgpass"
    passwords.write_text(f"{at.hostname}:{at.port}:*:{at.username}:{at.password}\n")
    passwords.chmod(0o600)
    plain = f"postgresql://{at.username}@{at.hostname}:{at.port}{at.path}"
    return {"PODIUM_RETRIEVER__STORE": plain, "PGPASSFILE": str(passwords)}


@contextmanager
def running(home: Path, store: str) -> Iterator[tuple[Instance, httpx2.Client]]:
    instance = start(home, more=SMALL | told(home.parent, store))
    try:
        headers = {"authorization": f"Bearer {instance.key}"}
        with httpx2.Client(
            base_url=instance.base_url, headers=headers, timeout=60.0, trust_env=False
        ) as made:
            yield instance, made
    finally:
        assert instance.stop() == 0


def found(http: httpx2.Client, query: str, mode: str = "dense") -> list[str]:
    body = {"query": query, "k": 1, "mode": mode}
    answer = http.post("/v1/collections/kb/search", json=body)
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["hits"]]


def rows(store: str) -> int:
    with closing(psycopg.connect(store)) as connection:
        told: Any = connection.execute("SELECT count(*) FROM podium_retrieval.chunks").fetchone()
    return int(told[0])


def test_documents_are_found_by_the_next_podium_and_a_lost_server_is_said(tmp_path: Path) -> None:
    with postgres_server(vector=True) as store:
        with running(tmp_path / "home", store) as (_, http):
            for name, text in TEXTS.items():
                path = f"/v1/collections/kb/documents/{name}"
                put = http.put(path, content=text, headers={"content-type": "text/markdown"})
                assert put.status_code == 200, put.text
            assert found(http, "When is my refund paid?") == ["refunds.md"]
            assert found(http, "monitors euros", "lexical") == ["delivery.md"]
        assert rows(store) == 2
        with running(tmp_path / "home", store) as (_, http):
            assert found(http, "What does delivery cost?") == ["delivery.md"]
            assert http.delete("/v1/collections/kb/documents/delivery.md").status_code == 200
            assert found(http, "What does delivery cost?") == ["refunds.md"]
            assert rows(store) == 1
            with closing(psycopg.connect(store)) as connection:
                query = "SELECT pg_postmaster_start_time(), current_setting('data_directory')"
                _, folder = connection.execute(query).fetchone()  # type: ignore[misc]
            server = int((Path(folder) / "postmaster.pid").read_text().split()[0])
            os.kill(server, signal.SIGINT)
            lost = http.post("/v1/collections/kb/search", json={"query": "refund"})
            assert lost.status_code == 503, lost.text
            assert lost.json()["error"]["type"] == "service_unavailable"
            assert http.get("/healthz").status_code == 200
