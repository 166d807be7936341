"""Acts over HTTP: they wait for people, outlive a crash, are done once, belong to a tenant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deployments.acts import take_up
from deployments.settings import GatewaySettings, RetrieverSettings, Settings
from models.errors import LedgerUnavailable
from models.reference.crm import build
from router.acts.book import ActBook
from router.label import Integrity
from router.policy_file import default_policy
from router.policy_rules import ActionRule
from router.store.sql_acts import SqlActStore
from tests.wire.conftest import MODELS, plain
from tests.wire.records import Logged
from tests.wire.server import Server
from tests.wire.stage import Stage
from tests.wire.test_bad_requests import checked

NOTE = "canary-note-4711"
PLAN = """
name: note
version: 1
input: {text: Text, customer: str}
steps:
  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text},
           route: {model: mistral}}
  file: {use: act, with: {action: crm_write, customer: input.customer, note: input.text}}
output: {reply: answer}
"""
RUNS = "/v1/pipelines/note/runs"
BODY = {"inputs": {"text": NOTE, "customer": "C-1042"}}


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("acts")
    build(folder / "crm.db")
    (folder / "plans").mkdir()
    (folder / "plans" / "note.yaml").write_text(PLAN)
    settings = Settings(
        models=MODELS,
        gateway=GatewaySettings(),
        pipelines=(str(folder / "plans"),),
        retriever=RetrieverSettings(sources={"crm_notes": "crm_notes"}),
    )
    server = Server(Stage(folder, settings)).start()
    server.until(lambda stage: stage.gateway.is_ready("mistral"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def fresh(acting: Server) -> None:
    acting.on_loop(lambda stage: stage.reset())
    _policy(acting, 1)


def _policy(server: Server, approvals: int, integrity: Integrity = Integrity.USER) -> None:
    policy = default_policy()
    rule = ActionRule("crm_write", integrity, approvals)
    made = replace(policy, actions={**policy.actions, "crm_write": rule})
    server.on_loop(lambda stage: setattr(stage.gateway, "policy", made))


def notes(server: Server) -> int:
    folder: Path = server.stage.folder
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


def wanted(server: Server, **more: Any) -> dict[str, Any]:
    with plain(server) as client:
        return dict(client.post(RUNS, json={**BODY, **more}).raise_for_status().json())


def say(server: Server, who: str, word: str, id: str) -> httpx2.Response:
    with plain(server, who) as client:
        return client.post(f"/v1/approvals/{id}/{word}", json={})


def test_a_run_waits_and_the_note_is_written_once_when_somebody_agrees(acting: Server) -> None:
    before = notes(acting)
    run = wanted(acting)
    [id] = run["approvals"]
    assert run["status"] == "waiting" and notes(acting) == before
    with plain(acting, "officer") as officer:
        listed = officer.get("/v1/approvals").json()["data"]
        one = next(row for row in listed if row["id"] == id)
        assert one["status"] == "waiting" and NOTE not in str(listed)
        shown = officer.get(f"/v1/approvals/{id}").json()
    assert shown["arguments"] == {"customer": "C-1042", "note": NOTE}
    done = say(acting, "officer", "approve", id).json()
    assert (done["status"], done["digest"]) == ("done", shown["digest"])
    assert notes(acting) == before + 1
    checked(say(acting, "officer", "approve", id), 409)
    assert notes(acting) == before + 1
    with plain(acting) as client:
        assert client.get(f"/v1/runs/{run['run_id']}").json()["status"] == "succeeded"


def test_two_people_are_two_keys(acting: Server) -> None:
    _policy(acting, 2)
    before = notes(acting)
    [id] = wanted(acting)["approvals"]
    for who in ("admin", "admin"):
        assert say(acting, who, "approve", id).json()["status"] == "waiting"
    assert notes(acting) == before
    assert say(acting, "officer", "approve", id).json()["status"] == "done"
    assert notes(acting) == before + 1


def test_who_may_not_agree(acting: Server) -> None:
    [id] = wanted(acting)["approvals"]
    for who, status in (("infer", 403), ("read", 403), ("stranger", 404)):
        for word in ("approve", "reject"):
            checked(say(acting, who, word, id), status)
    with plain(acting, "stranger") as other:
        assert other.get("/v1/approvals").json()["data"] == []
        checked(other.get(f"/v1/approvals/{id}"), 404)
    assert say(acting, "officer", "reject", id).json()["status"] == "rejected"


def test_what_was_refused_is_never_written(acting: Server) -> None:
    before = notes(acting)
    run = wanted(acting)
    [id] = run["approvals"]
    assert say(acting, "officer", "reject", id).json()["status"] == "rejected"
    checked(say(acting, "second", "approve", id), 409)
    assert notes(acting) == before
    with plain(acting) as client:
        assert client.get(f"/v1/runs/{run['run_id']}").json()["status"] == "partial"


def test_the_policy_of_now_is_asked_again(acting: Server) -> None:
    before = notes(acting)
    [id] = wanted(acting)["approvals"]
    _policy(acting, 1, Integrity.TRUSTED)
    denied = say(acting, "officer", "approve", id)
    checked(denied, 403)
    assert "actions.crm_write" in denied.json()["error"]["message"] and notes(acting) == before
    _policy(acting, 1)
    assert say(acting, "officer", "approve", id).json()["status"] == "done"


def test_a_denied_act_ends_the_run_with_its_rule(acting: Server) -> None:
    assert wanted(acting)["status"] == "waiting"
    _policy(acting, 1, Integrity.TRUSTED)
    with plain(acting) as client:
        denied = client.post(RUNS, json=BODY)
    assert denied.status_code == 403 and denied.json()["status"] == "denied"
    assert "actions.crm_write" in denied.json()["error"]["message"]


def test_an_act_that_needs_nobody_is_done_at_once(acting: Server) -> None:
    _policy(acting, 0)
    before = notes(acting)
    run = wanted(acting)
    assert (run["status"], run["approvals"], notes(acting)) == ("succeeded", [], before + 1)


def test_a_tool_that_is_down_is_asked_again_later_and_writes_once(acting: Server) -> None:
    before = notes(acting)
    [id] = wanted(acting)["approvals"]
    database = acting.stage.folder / "crm.db"
    hidden = database.rename(database.with_suffix(".away"))
    assert say(acting, "officer", "approve", id).json()["status"] == "approved"
    hidden.rename(database)
    for _ in range(2):
        acting.run(take_up(acting.stage.gateway, after_s=-1.0))
    with plain(acting, "officer") as officer:
        assert officer.get(f"/v1/approvals/{id}").json()["status"] == "done"
    assert notes(acting) == before + 1


def test_what_was_begun_before_a_crash_is_finished_once(acting: Server) -> None:
    before = notes(acting)
    [id] = wanted(acting)["approvals"]
    state = acting.stage.remotes["state"].target
    for done_already in (False, True):
        if not done_already:
            agreed = state.book.approve("default", id, "officer", 1)
            assert state.book.begin(agreed)
            # The gateway dies here: before the tool was asked.
        acting.run(take_up(acting.stage.gateway, after_s=-1.0))
        assert notes(acting) == before + 1
    assert state.book.act("default", id).status == "done"


def test_without_a_ledger_nobody_agrees_and_nothing_is_written(
    acting: Server,
) -> None:
    class Full:
        def note(self, record: object) -> Any:
            raise LedgerUnavailable("The ledger can't be written.")

    before = notes(acting)
    [id] = wanted(acting)["approvals"]
    state = acting.stage.remotes["state"].target
    book = state.book
    state.book = ActBook(SqlActStore(acting.stage.database), Full())
    checked(say(acting, "officer", "approve", id), 503)
    # A run goes on without the act.
    run = wanted(acting)
    assert {one["name"]: one["status"] for one in run["steps"]}["file"] == "failed"
    assert notes(acting) == before
    state.book = book
    assert say(acting, "officer", "approve", id).json()["status"] == "done"


def test_no_log_has_the_arguments(acting: Server, logged: Logged) -> None:
    [id] = wanted(acting)["approvals"]
    say(acting, "officer", "approve", id)
    checked(say(acting, "officer", "approve", id), 409)
    assert "/v1/approvals/{id}/approve" in logged() and NOTE not in logged()


def test_nobody_agrees_to_what_nobody_may_read(acting: Server) -> None:
    [id] = wanted(acting)["approvals"]
    open_policy = acting.stage.gateway.policy
    closed = {name: one for name, one in open_policy.sinks.items() if name != "downloads"}
    acting.on_loop(lambda stage: setattr(stage.gateway, "policy",
                                         replace(open_policy, sinks=closed)))  # fmt: skip
    with plain(acting, "officer") as officer:
        assert officer.get(f"/v1/approvals/{id}").json()["arguments"] is None
    checked(say(acting, "officer", "approve", id), 403)
    assert say(acting, "officer", "reject", id).json()["status"] == "rejected"
