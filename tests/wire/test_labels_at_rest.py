"""A label that somebody changes in the database opens nothing: over the wire, for every reader."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from deployments.settings import Settings
from retrieval.opening import DATABASE
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

CANARY = "canary-at-rest-3307"
DOCUMENT = "/v1/collections/kb/documents/salaries.md"
PIPELINE = """
name: asks
version: 1
input: {text: Text}
steps:
  found: {use: search, with: {collection: kb, query: input.text, k: 3}}
  context: {use: passages, with: {hits: found.hits}}
  reply: {use: generate, prompt: support/draft@prod,
          with: {passages: context.passages, question: input.text}, route: {model: chatgpt}}
output: {reply: reply}
"""
Edit = Callable[[sqlite3.Connection], None]


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def server(stub: StubServer, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "asks.yaml").write_text(PIPELINE)
    settings = Settings(models=MODELS, pipelines=(str(tmp_path / "plans"),))
    made = Server(GatedStage(tmp_path, settings, base_url=stub.url)).start()
    yield made
    made.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    with plain(server) as made:
        yield made


def put(http: httpx2.Client, source: str) -> None:
    text = f"# Salaries\nThe salary of the head of sales is {CANARY}."
    headers = {"content-type": "text/markdown"}
    answer = http.put(f"{DOCUMENT}?source={source}", content=text.encode(), headers=headers)
    assert answer.status_code == 200, answer.text


def edited(server: Server, edit: Edit) -> None:
    """Change the database of documents, as whoever has the file can."""
    with closing(sqlite3.connect(server.stage.folder / "collections" / DATABASE)) as database:
        edit(database)
        database.commit()


def lowered(database: sqlite3.Connection) -> None:
    """CONFIDENTIAL becomes PUBLIC, everything else stays as it was."""
    (text,) = database.execute("SELECT label FROM documents").fetchone()
    assert "CONFIDENTIAL" in text
    text = text.replace("CONFIDENTIAL", "PUBLIC").replace('["pii"]', "[]")
    database.execute("UPDATE documents SET label = ?", (text,))


def unsealed(database: sqlite3.Connection) -> None:
    lowered(database)
    database.execute("UPDATE documents SET seal = ''")
    database.execute("UPDATE chunks SET seal = ''")


def swapped(database: sqlite3.Connection) -> None:
    """The label and the seal of a document that is public, put beside what is not."""
    row = database.execute("SELECT label, seal FROM documents WHERE id = 'open.md'").fetchone()
    database.execute("UPDATE documents SET label = ?, seal = ? WHERE id = 'salaries.md'", row)


def rewritten(database: sqlite3.Connection) -> None:
    """A public document's text becomes another."""
    database.execute("UPDATE chunks SET text = ?", (f"The salary is {CANARY}, too.",))


def seen(http: httpx2.Client) -> list[str]:
    """Everywhere the text or its document is shown to a reader cleared for all there is."""
    search = http.post("/v1/collections/kb/search", json={"query": "head of sales", "k": 50})
    listed = http.get("/v1/collections/kb/documents").json()["documents"]
    return [
        *(["search"] if CANARY in search.text else []),
        *(["list"] if any(one["id"] == "salaries.md" for one in listed) else []),
        *(["document"] if http.get(DOCUMENT).status_code == 200 else []),
    ]


def asked(http: httpx2.Client) -> httpx2.Response:
    body = {"inputs": {"text": "What is the salary of the head of sales?"}}
    return http.post("/v1/pipelines/asks/runs", json=body)


def left(stub: StubServer) -> int:
    return sum(CANARY in one["body"] for one in stub.received)


def test_a_public_text_leaves_and_a_confidential_one_does_not(
    http: httpx2.Client, stub: StubServer
) -> None:
    put(http, "kb_public")
    assert asked(http).status_code == 200 and left(stub) == 1
    put(http, "crm")
    assert asked(http).status_code == 403 and left(stub) == 1


@pytest.mark.parametrize("edit", [lowered, unsealed, swapped])
def test_a_label_put_down_by_hand_hides_the_document(
    server: Server, http: httpx2.Client, stub: StubServer, edit: Edit
) -> None:
    put(http, "crm")
    http.put(
        "/v1/collections/kb/documents/open.md?source=kb_public",
        content=b"# Hours\nWe are open at noon.",
        headers={"content-type": "text/markdown"},
    )
    assert seen(http) == ["search", "list", "document"]
    edited(server, edit)
    assert seen(http) == []
    run = asked(http)
    assert left(stub) == 0 and CANARY not in run.text
    put(http, "crm")
    assert seen(http) == ["search", "list", "document"], "what is put again is sealed again"


def test_no_source_lowers_what_a_key_with_a_floor_puts_in(
    server: Server, http: httpx2.Client, stub: StubServer
) -> None:
    put(http, "kb_public")
    assert asked(http).status_code == 200 and left(stub) == 1
    with plain(server, "careful") as careful:
        put(careful, "kb_public")
    assert http.get(DOCUMENT).json()["label"]["level"] == "CONFIDENTIAL"
    assert asked(http).status_code == 403 and left(stub) == 1


def test_a_text_changed_by_hand_is_nobodys(
    server: Server, http: httpx2.Client, stub: StubServer
) -> None:
    put(http, "kb_public")
    assert asked(http).status_code == 200 and left(stub) == 1
    edited(server, rewritten)
    assert "search" not in seen(http)
    assert left(stub) == 1 and CANARY not in asked(http).text
    assert left(stub) == 1
