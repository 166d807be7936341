"""`podium policy`: the shapes and exit codes of every command, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.label import Label
from router.policy_file import default_policy, default_text
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.records import RunRecord
from router.store.sql_runs import SqlRunStore
from tests.tracked import ROOT
from tests.unit.deployments.cli.served import Cli

TABLES = ROOT / "tests" / "data" / "policy"


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    return ["--home", str(tmp_path / "home")]


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    row = b"anthropic:  {level: INTERNAL, categories: []}"
    text = default_text().replace(row, row.replace(b"[]", b"[legal]"))
    (tmp_path / "wide.yaml").write_bytes(text)
    return tmp_path / "wide.yaml"


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        (["--source", "crm", "--model", "chatgpt"], "deny"),
        (["--source", "kb_public", "--model", "chatgpt"], "allow"),
        (["--source", "crm", "--model", "mistral"], "allow"),
        (["--source", "crm", "--model", "auto"], "local_only"),
        (["--source", "kb", "--model", "auto"], "allow"),
        (["--source", "nowhere", "--model", "chatgpt"], "deny"),
        (["--source", "kb", "--model", "chatgpt", "--text", "write to jo@corp.io"], "deny"),
        (["--source", "crm", "--sink", "memory"], "allow"),
        (["--source", "crm", "--sink", "logs"], "deny"),
        (["--source", "kb", "--sink", "nowhere"], "deny"),
        (["--source", "mail", "--action", "crm_write"], "deny"),
        (["--source", "user", "--action", "crm_write"], "needs_approval"),
        (["--source", "user", "--action", "fly"], "deny"),
    ],
)
def test_a_question_is_answered_with_the_rule(
    cli: Cli, home: list[str], words: list[str], decision: str
) -> None:
    outcome = cli("policy", "test", *words, "--json", *home)
    found = outcome.json()
    assert (outcome.code, found["decision"]) == (0, decision)
    assert set(found) == {"decision", "rule", "reason", "label", "declassified", "policy_digest"}
    assert found["policy_digest"] == default_policy().digest


def test_an_approved_declassifier_is_named_with_what_it_takes(
    cli: Cli, home: list[str], tmp_path: Path
) -> None:
    def ask(approved: str) -> dict[str, object]:
        row = (
            "declassifiers: {p: {removes: [pii], lowers: {from: CONFIDENTIAL, to: INTERNAL},"
            f" recall_required: 0.9, recall_measured: 0.95, approved: {approved}}}}}"
        )
        text = default_text().replace(b"declassifiers: {}", row.encode())
        (tmp_path / "p.yaml").write_bytes(text)
        words = ["--text", "jo@corp.io", "--source", "kb", "--model", "chatgpt", "--json"]
        outcome = cli("policy", "test", *words, "--policy", str(tmp_path / "p.yaml"), *home)
        return dict(outcome.json())

    assert ask("false")["decision"] == "needs_approval"
    allowed = ask("true")
    assert (allowed["decision"], allowed["rule"]) == ("allow", "declassifiers.p")
    assert allowed["declassified"] == [{"type": "EMAIL_ADDRESS", "count": 1}]


def test_an_unknown_model_is_wrong_usage(cli: Cli, home: list[str]) -> None:
    assert cli("policy", "test", "--model", "ghost", "--json", *home).code == 2
    for words in ([], ["--source", "crm"], ["--model", "mistral", "--sink", "logs"]):
        asked = cli("policy", "test", *words, *home)
        assert asked.code == 2 and "--sink" in asked.err


def test_a_source_mistyped_is_said(cli: Cli, home: list[str]) -> None:
    for words in (["test", "--model", "chatgpt"], ["scan", "Hello"]):
        asked = cli("policy", *words, "--source", "crn", *home)
        assert asked.code == 0 and "no source 'crn'" in asked.err and "crm" in asked.err
        assert "no source" not in cli("policy", *words, "--source", "crm", *home).err
    assert "in no region" in asked.out and "only in no region" not in asked.out


def test_a_table_holds_or_fails(cli: Cli, home: list[str], wide: Path) -> None:
    good = cli("policy", "test", str(TABLES / "allowed.yaml"), "--json", *home)
    assert (good.code, good.json()["ok"]) == (0, True)
    wide.write_bytes(default_text().replace(b"  openai:     {level: INTERNAL",
                                            b"  openai:     {level: CONFIDENTIAL"))  # fmt: skip
    bad = cli("policy", "test", str(TABLES / "denied.yaml"), "--policy", str(wide), "--json", *home)
    assert bad.code == 1
    assert bad.json()["failed"][0]["got"] in ("allowed", "denied")


def test_a_scan_gives_places_types_and_the_label(cli: Cli, home: list[str]) -> None:
    text = "write to jo@corp.io"
    found = cli("policy", "scan", text, "--json", *home).json()
    assert found["spans"] == [{"type": "EMAIL_ADDRESS", "start": 9, "end": 19}]
    assert found["label"]["categories"] == ["pii"]
    shown = cli("policy", "scan", text, *home)
    assert "EMAIL_ADDRESS" in shown.out
    assert "corp" not in shown.out
    assert "nothing found" in cli("policy", "scan", "Hello there", *home).out


def test_a_file_mistyped_is_not_read_as_its_own_name_in_silence(
    cli: Cli, home: list[str], tmp_path: Path
) -> None:
    (tmp_path / "calls.txt").write_text("write to jo@corp.io")
    assert "EMAIL_ADDRESS" in cli("policy", "scan", str(tmp_path / "calls.txt"), *home).out
    for name in (str(tmp_path / "call.txt"), "calls.txt", "some/where"):
        assert "no file of that name" in cli("policy", "scan", name, *home).err
    for text in ("Hello there", "Yes or no/maybe", "x" * 5000):
        assert cli("policy", "scan", text, *home).err == ""


def test_a_file_cut_short_says_what_is_missing(cli: Cli, home: list[str], tmp_path: Path) -> None:
    (tmp_path / "half.yaml").write_bytes(default_text()[:1500] + b"\nsitez: {}\n")
    told = cli("policy", "check", str(tmp_path / "half.yaml"), *home)
    assert told.code == 2 and "sources: is missing; faults in all: 4" in told.err


def test_lines_are_scanned_in_order_and_blame_their_number(
    cli: Cli, home: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"text": "jo@corp.io"}) + '\n"a\u2028b"\n', encoding="utf-8")
    outcome = cli("policy", "scan", "--jsonl", str(file), "--json", *home)
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line["line"] for line in lines] == [1, 2]
    assert [len(line["spans"]) for line in lines] == [1, 0]
    assert set(lines[0]) == {"line", "spans", "label"}
    file.write_text("{}\n")
    assert "Line 1" in cli("policy", "scan", "--jsonl", str(file), *home).err


def test_check_and_diff_tell_what_widens_and_fail_without_approvals(
    cli: Cli, home: list[str], wide: Path, tmp_path: Path
) -> None:
    checked = cli("policy", "check", str(wide), "--json", *home)
    assert (checked.code, checked.json()["ok"]) == (1, False)
    (sentence,) = checked.json()["widening"]
    assert "legal" in sentence
    assert "anthropic" in sentence
    same = tmp_path / "same.yaml"
    same.write_bytes(default_text())
    assert cli("policy", "check", str(same), *home).code == 0
    back = cli("policy", "diff", str(wide), str(same), "--json", *home)
    assert (back.code, back.json()["widening"]) == (0, [])
    assert cli("policy", "diff", str(same), str(wide), *home).code == 1
    same.write_bytes(b"version: 0\n")
    wrong = cli("policy", "check", str(same), "--json", *home)
    assert (wrong.code, wrong.json()["error"]["param"]) == (2, "version")


def test_apply_puts_a_narrower_file_into_the_home_and_no_wider_one(
    cli: Cli, home: list[str], wide: Path
) -> None:
    own = Path(home[1]) / "policy.yaml"
    assert cli("policy", "apply", str(wide), *home).code == 2
    assert not own.exists()
    wide.write_bytes(default_text().replace(b"retention: {}", b"retention: {runs: {days: 3}}"))
    assert cli("policy", "apply", str(wide), "--json", *home).json()["running"] is False
    assert own.read_bytes() == wide.read_bytes()


def test_a_run_is_explained_from_its_decisions(cli: Cli, home: list[str]) -> None:
    assert cli("policy", "explain", "run-1", *home).code == 2
    folder = Path(home[1])
    folder.mkdir()
    engine = open_sqlite(folder / "state.sqlite")
    upgrade(engine)
    decision = {
        "decision_id": "dec-1", "step": "draft", "model": "mistral", "order": ["mistral"],
        "label": Label().public(), "policy_digest": "d", "declassify": [],
        "candidates": [
            {"model": "chatgpt", "site": "openai", "score": None,
             "removed_by": "sites.openai.level", "reason": "data is above"},
            {"model": "mistral", "site": "local", "score": 0.5, "removed_by": None, "reason": ""},
        ],
    }  # fmt: skip
    again = decision | {
        "decision_id": "dec-2", "model": "chatgpt", "declassified": "pseudonyms",
        "candidates": [{"model": "chatgpt", "site": "openai", "score": 0.5, "removed_by": None,
                        "reason": ""}],
    }  # fmt: skip
    offered = decision | {
        "decision_id": "dec-3",
        "model": None,
        "declassify": [{"declassifier": "pseudonyms", "model": "chatgpt"}],
    }
    redacted = (offered, again)
    SqlRunStore(engine).save(RunRecord("default", "run-2", "support", "1", "succeeded", 1.0, 2.0,
                                       Label(), decisions=redacted))  # fmt: skip
    SqlRunStore(engine).save(RunRecord("default", "run-1", "support", "1", "succeeded", 1.0, 2.0,
                                       Label(), decisions=(decision,)))  # fmt: skip
    engine.dispose()
    shown = cli("policy", "explain", "run-1", *home).out
    assert "left out  chatgpt (openai): sites.openai.level" in shown
    assert "mistral (local), asked first" in shown
    assert "pseudonyms" not in shown
    shown = cli("policy", "explain", "run-2", *home).out
    assert "may leave chatgpt: after pseudonyms, decided on again" in shown
    assert "PUBLIC, TRUSTED, after pseudonyms" in shown
    found = cli("policy", "explain", "dec-1", "--json", *home).json()
    assert found == {"run_id": "run-1", "request_id": "", "decisions": [decision]}
