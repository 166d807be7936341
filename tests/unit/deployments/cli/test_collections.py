"""`podium ingest`, `search` and `documents` against real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deployments.cli.served import Cli, Podium, Reply, Request

BASE = "/v1/collections/kb/documents"


def put(status: str) -> Reply:
    return Reply({"id": "x", "status": status, "chunks": 2})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub dir").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("a.md", "sub dir/ü.txt", ".hidden.md", ".git/x.md", "c.exe", "b.html"):
        (folder / name).write_text(f"text of {name}")
    return folder


def test_files_are_sent_and_counted(cli: Cli, podium: Podium, at: list[str], folder: Path) -> None:
    podium.on("PUT", f"{BASE}/a.md", put("added"))
    podium.on("PUT", f"{BASE}/b.html", put("updated"))
    podium.on("PUT", f"{BASE}/sub%20dir/%C3%BC.txt", put("unchanged"))
    outcome = cli("ingest", str(folder), "--collection", "kb", "--json", *at)
    assert outcome.code == 0
    assert outcome.json() == {
        "added": 1,
        "updated": 1,
        "unchanged": 1,
        "failed": [],
        "chunks": 6,
    }
    sent = {(r.path.removeprefix(BASE), r.headers["content-type"], r.body) for r in podium.requests}
    assert ("/a.md", "text/markdown", b"text of a.md") in sent
    assert len(sent) == 3
    hidden, kind = sorted(outcome.err.splitlines(), key=len)
    assert hidden == "Left out 2, hidden: .git, .hidden.md"
    assert kind.startswith("Left out 1, not a kind that can be ingested (.txt, ")
    assert kind.endswith(", .pdf): c.exe")


def test_one_bad_file_does_not_stop_the_others(
    cli: Cli, podium: Podium, at: list[str], folder: Path
) -> None:
    error = {
        "message": "a.md: No text in it.",
        "type": "t",
        "param": None,
        "code": "invalid_document",
    }
    podium.on("PUT", f"{BASE}/a.md", Reply({"error": error}, 400))
    podium.on("PUT", f"{BASE}/b.html", put("added"))
    podium.on("PUT", f"{BASE}/sub%20dir/%C3%BC.txt", put("added"))
    outcome = cli("ingest", str(folder), "--json", *at)
    assert outcome.code == 1
    assert outcome.json()["added"] == 2
    assert outcome.json()["failed"] == [{"path": "a.md", "error": "a.md: No text in it."}]
    plain = cli("ingest", str(folder), *at)
    assert "a.md: No text in it." in plain.err.splitlines()
    assert plain.out == "2 added, 0 updated, 0 unchanged, 1 failed; 4 chunks\n"


def test_a_bad_key_ends_it_all_at_once(
    cli: Cli, podium: Podium, at: list[str], folder: Path
) -> None:
    outcome = cli("ingest", str(folder), "--json", "--url", podium.url, "--key", "pk_bad")
    assert outcome.code == 5
    assert outcome.json()["error"]["code"] == "invalid_api_key"


def test_overload_is_waited_out(cli: Cli, podium: Podium, at: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    busy = {"error": {"message": "Full.", "type": "t", "param": None, "code": "overloaded"}}
    replies = [Reply(busy, 429, {"retry-after": "0"}), put("added")]
    podium.on("PUT", f"{BASE}/a.md", lambda _: replies.pop(0))
    outcome = cli("ingest", str(tmp_path / "a.md"), "--json", *at)
    assert (outcome.code, outcome.json()["added"]) == (0, 1)


def test_at_most_four_files_are_under_way(
    cli: Cli, podium: Podium, at: list[str], tmp_path: Path
) -> None:
    crowd = _Crowd(4)
    for number in range(12):
        (tmp_path / f"{number}.md").write_text("x")
        podium.on("PUT", f"{BASE}/{number}.md", crowd.reply(put("added")))
    assert cli("ingest", str(tmp_path), "--json", *at).json()["added"] == 12
    assert crowd.most == 4


class _Crowd:
    """Counts requests under way; the first `meet` of them wait for one another."""

    def __init__(self, meet: int) -> None:
        self._barrier = threading.Barrier(meet)
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def reply(self, reply: Reply) -> Callable[[Request], Reply]:
        def handle(_: Request) -> Reply:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            self._barrier.wait(20)
            time.sleep(0.1)  # Long enough for one too many to come in and be counted.
            with self._lock:
                self._now -= 1
            return reply

        return handle


def test_links_that_lead_outside_are_left_out(
    cli: Cli, podium: Podium, at: list[str], tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("outside")
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "own.md").write_text("own")
    (folder / "inner.md").symlink_to(folder / "own.md")
    for name in ("own", "inner", "link"):
        podium.on("PUT", f"{BASE}/{name}.md", put("added"))
    outcome = cli("ingest", str(folder), "--json", *at)
    assert outcome.json()["added"] == 2
    assert "leads outside" in outcome.err


def test_a_folder_that_is_not_there_is_wrong_usage(cli: Cli, at: list[str]) -> None:
    outcome = cli("ingest", "/no/such/folder", "--json", *at)
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "DIR")


def test_search_prints_what_the_server_found(cli: Cli, podium: Podium, at: list[str]) -> None:
    hit: dict[str, Any] = {
        "id": "a.md", "score": 0.91234, "text": "14\n days", "title": "A", "page": 3, "label": {},
    }  # fmt: skip
    podium.on("POST", "/v1/collections/kb/search", Reply({"hits": [hit]}))
    outcome = cli("search", "kb", "how long", "-k", "3", "--json", *at)
    assert outcome.json() == {"hits": [hit]}
    assert podium.requests[0].json() == {"query": "how long", "k": 3}
    assert "0.912  A (a.md, page 3)\n       14 days" in cli("search", "kb", "x", *at).out


def test_documents_are_listed_shown_and_deleted(cli: Cli, podium: Podium, at: list[str]) -> None:
    document = {"id": "a/b.md", "title": "B", "chunks": 2}
    podium.on("GET", BASE, Reply({"documents": [document]}))
    podium.on("GET", f"{BASE}/a/b.md", Reply(document))
    podium.on("DELETE", f"{BASE}/a/b.md", Reply({"id": "a/b.md", "deleted": True}))
    assert cli("documents", "list", "--json", *at).json() == {"documents": [document]}
    assert "a/b.md" in cli("documents", "list", *at).out
    assert cli("documents", "show", "a/b.md", "--json", *at).json() == document
    words = ("documents", "delete", "--collection", "kb", "a/b.md")
    assert cli(*words, "--json", *at).json() == {"deleted": ["a/b.md"], "failed": []}
    outcome = cli(*words, "gone.md", "--json", *at)
    assert outcome.code == 1
    assert outcome.json() == {
        "deleted": ["a/b.md"],
        "failed": [{"id": "gone.md", "error": "Not there."}],
    }


def test_pictures_are_deleted_by_their_names(cli: Cli, podium: Podium, at: list[str]) -> None:
    name = "sha256:" + "a" * 64
    podium.on("DELETE", f"/v1/images/{name}", Reply({"id": name, "deleted": True}))
    words = ("pictures", "delete", name)
    assert cli(*words, "--json", *at).json() == {"deleted": [name], "failed": []}
    outcome = cli(*words, "sha256:gone", *at)
    assert (outcome.code, outcome.out) == (1, "1 deleted, 1 failed\n")
