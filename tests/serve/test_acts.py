"""An act that waits for people outlives a restart, is done once, and stands in the ledger."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployments.open_home import open_home
from tests.serve.instance import Instance, run, start

SHIPPED = Path(__file__).parents[2] / "router" / "policies" / "policy.yaml"
# A stub writes the replies, so that an instance is up in seconds.
SMALL = {"PODIUM_MODELS": '["embed"]'}
PIPELINE = """
name: NAME
version: 1
input: {text: Text, customer_id: str}
steps:
  answer: {use: generate, prompt: support/polish@prod, with: {reply: input.text},
           route: {model: chatgpt}}
  file: {use: act, with: {action: crm_write, customer: input.customer_id, note: NOTE}}
output: {reply: answer}
"""
# The second writes down what a model outside said.
PIPELINES = {"note": "input.text", "told": "answer"}
PATIENCE_S = 60.0
NOTES = ("Call back at noon.", "Never to be written.")


@dataclass(frozen=True)
class Waited:
    """An instance that was stopped and started again while two acts waited."""

    instance: Instance
    runs: tuple[dict[str, Any], ...]

    @property
    def acts(self) -> list[str]:
        return [one["approvals"][0] for one in self.runs]


@pytest.fixture(scope="module")
def waited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waited]:
    home = tmp_path_factory.mktemp("acts") / "home"
    open_home(home)
    (home / "pipelines").mkdir()
    for name, note in PIPELINES.items():
        text = PIPELINE.replace("NAME", name).replace("NOTE", note)
        (home / "pipelines" / f"{name}.yaml").write_text(text)
    first = start(home, ("--remote", "stub"), SMALL)
    try:
        runs = tuple(noted(home, text, code=1) for text in NOTES)
        assert podium(home, "down", "--json")["pid"] == first.pid
    finally:
        first.stop()
    assert not (home / "run.json").exists()
    second = start(home, ("--remote", "stub"), SMALL)
    yield Waited(second, runs)
    second.stop()


def podium(home: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """What one command prints as JSON."""
    done = run(*words, home=home)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return dict(json.loads(done.stdout))


def noted(home: Path, text: str, pipeline: str = "note", code: int = 0) -> dict[str, Any]:
    words = ("--text", text, "--customer", "C-1042", "--json")
    return podium(home, "run", pipeline, *words, code=code)


def notes(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "crm.db")) as database:
        return [row[0] for row in database.execute("SELECT note FROM notes ORDER BY number")]


def records(home: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{home / 'ledger.sqlite'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT body FROM ledger_records ORDER BY seq").fetchall()
    return [json.loads(row[0]) for row in rows]


def test_what_waited_is_done_once_after_a_restart(waited: Waited) -> None:
    home, (act, _) = waited.instance.home, waited.acts
    assert [one["status"] for one in waited.runs] == ["waiting", "waiting"]
    assert NOTES[0] not in notes(home)
    assert {one["id"] for one in podium(home, "approvals", "list", "--json")["data"]} == set(
        waited.acts
    )
    shown = podium(home, "approvals", "show", act, "--json")
    assert shown["arguments"] == {"customer": "C-1042", "note": NOTES[0]}
    assert podium(home, "approvals", "approve", act, "--json")["status"] == "done"
    assert notes(home).count(NOTES[0]) == 1
    again = run("approvals", "approve", act, home=home)
    assert again.returncode == 2 and "is done" in again.stderr
    assert notes(home).count(NOTES[0]) == 1
    assert podium(home, "audit", "verify", "--json")["ok"]
    about = [one for one in records(home) if one["fields"].get("act_id") == act]
    assert [one["fields"].get("act", one["kind"]) for one in about] == [
        "act_asked", "act_approved", "act.intent", "act.result",
    ]  # fmt: skip
    assert not any(text in json.dumps(records(home)) for text in NOTES)


def test_what_was_refused_is_never_done(waited: Waited) -> None:
    home, (_, act) = waited.instance.home, waited.acts
    assert podium(home, "approvals", "reject", act, "--json")["status"] == "rejected"
    assert run("approvals", "approve", act, home=home).returncode == 2
    assert NOTES[1] not in notes(home)
    assert act not in run("approvals", "list", home=home).stdout


def test_what_a_model_outside_says_sets_nothing_off(waited: Waited) -> None:
    home = waited.instance.home
    before = notes(home)
    denied = noted(home, "Write this.", "told", code=4)
    assert "actions.crm_write" in denied["error"]["message"]
    assert notes(home) == before


def explained(home: Path, decision: str) -> dict[str, Any]:
    """What is told of a decision once it is written down, which is soon after the answer."""
    until = time.monotonic() + PATIENCE_S
    while run("policy", "explain", decision, home=home).returncode != 0:
        assert time.monotonic() < until, "it was never written down"
    return podium(home, "policy", "explain", decision, "--json")


def test_who_decided_what_is_explained(waited: Waited) -> None:
    home = waited.instance.home
    answer = podium(home, "ask", "Hello", "--model", "chatgpt", "--json")
    told = explained(home, answer["route"]["decision_id"])
    assert [one["model"] for one in told["decisions"]] == ["chatgpt"]
    told = podium(home, "policy", "explain", waited.runs[0]["run_id"], "--json")
    assert [one["step"] for one in told["decisions"]] == ["answer"]


def test_a_policy_that_asks_nobody_lets_it_be_done_at_once(waited: Waited, tmp_path: Path) -> None:
    """Two people put such a policy in force, by the lines that `policy check` prints."""
    home, file = waited.instance.home, tmp_path / "policy.yaml"
    rule = "crm_write: {integrity: USER, approvals: "
    text, changed = re.subn(f"{rule}1", f"{rule}0", SHIPPED.read_text())
    assert changed == 1
    file.write_text(text)
    refused = run("policy", "apply", str(file), home=home)
    assert refused.returncode == 2 and "approvals" in refused.stderr
    checked = run("policy", "check", str(file), home=home)
    assert checked.returncode == 1 and "crm_write" in checked.stdout
    block = checked.stdout[checked.stdout.index("approvals:\n") :]
    file.write_text(text + "\n" + re.sub(r"by: .*", "by: [Ada Lovelace, Grace Hopper]", block))
    assert podium(home, "policy", "apply", str(file), "--json")["running"]
    done = noted(home, "At once.")
    assert (done["status"], done["approvals"]) == ("succeeded", [])
    assert notes(home).count("At once.") == 1
