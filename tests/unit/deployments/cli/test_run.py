"""`podium run`: inputs, the run's JSON, events, and exit codes by outcome."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deployments.cli.served import Cli, Podium, Reply

PATH = "/v1/pipelines/support/runs"
RUN: dict[str, Any] = {
    "run_id": "run_1",
    "pipeline": "support",
    "version": "3",
    "status": "succeeded",
    "output": {"reply": "Fourteen days.", "note": None},
    "sources": [{"id": "refunds.md", "title": "Refunds", "page": None}],
    "steps": [{"name": "draft", "model": "mistral", "duration_ms": 12.5, "status": "succeeded"}],
    "deliverables": [],
    "checks": [],
    "cost_usd": 0.0,
    "label": {"level": "INTERNAL"},
    "timings_ms": {},
}


def test_inputs_reach_the_server_and_the_run_comes_back(
    cli: Cli, podium: Podium, at: list[str]
) -> None:
    podium.on("POST", PATH, Reply(RUN))
    words = ["--text", "Where is it?", "--customer", "C-1000"]
    words += ["--input", "k=3", "--input", "name=Ann=B"]
    outcome = cli("run", "pipeline/support", *words, "--json", *at)
    assert (outcome.code, outcome.json()) == (0, RUN)
    assert podium.requests[0].json() == {
        "inputs": {"text": "Where is it?", "customer_id": "C-1000", "k": 3, "name": "Ann=B"},
        "stream": False,
    }


def test_people_watch_steps_and_the_reply_then_see_its_sources(
    cli: Cli, podium: Podium, at: list[str]
) -> None:
    step = {"type": "step.finished", "step": "draft", "summary": "of 2", **RUN["steps"][0]}
    deltas = [{"type": "reply.delta", "text": text} for text in ("Fourteen ", "days.")]
    run = RUN | {"output": {"reply": "Fourteen days.", "note": "Call back.", "sources": [1]}}
    run["checks"] = [{"name": "grounded", "passed": True, "detail": ""}]
    podium.on("POST", PATH, Reply(events=[step, *deltas, {"type": "run.finished", "run": run}]))
    outcome = cli("run", "support", "--text", "x", *at)
    assert outcome.code == 0
    assert outcome.out == "Fourteen days.\nnote: Call back.\n[1] Refunds (refunds.md)\n"
    assert "12 ms  draft: succeeded  mistral  of 2" in outcome.err
    assert "check grounded: passed\n" in outcome.err


def test_a_run_that_failed_says_why(cli: Cli, podium: Podium, at: list[str]) -> None:
    failed = {"run": RUN | {"status": "failed", "output": {}}, "error": {"message": "It is down."}}
    podium.on("POST", PATH, Reply(events=[{"type": "run.finished", **failed}]))
    outcome = cli("run", "support", "--text", "x", *at)
    assert outcome.code == 1
    assert "Error: It is down." in outcome.err


def test_a_reply_that_begins_again_says_so(cli: Cli, podium: Podium, at: list[str]) -> None:
    events = [
        {"type": "reply.delta", "text": "Four"},
        {"type": "reply.restarted"},
        {"type": "reply.delta", "text": "Fourteen days."},
        {"type": "run.finished", "run": RUN | {"sources": []}},
    ]
    podium.on("POST", PATH, Reply(events=events))
    outcome = cli("run", "support", "--text", "x", *at)
    assert outcome.out == "Four\nFourteen days.\n"
    assert "begins again" in outcome.err


def test_audio_travels_as_base64(cli: Cli, podium: Podium, at: list[str], tmp_path: Path) -> None:
    podium.on("POST", PATH, Reply(RUN))
    sound = tmp_path / "call.wav"
    sound.write_bytes(b"RIFF\x00\xff")
    assert cli("run", "support", "--audio", str(sound), "--json", *at).code == 0
    assert base64.b64decode(podium.requests[0].json()["inputs"]["audio"]) == b"RIFF\x00\xff"
    sound.write_bytes(b"")
    outcome = cli("run", "support", "--audio", str(sound), "--json", *at)
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "--audio")
    missing = cli("run", "support", "--audio", str(tmp_path / "none.wav"), *at)
    assert missing.code == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"status": "partial"}, 0),
        ({"status": "failed"}, 1),
        ({"status": "waiting"}, 1),
        ({"status": "denied"}, 4),
        ({"checks": [{"name": "c", "passed": True, "detail": ""}]}, 0),
        ({"checks": [{"name": "c", "passed": False, "detail": "why"}]}, 1),
        ({"checks": [{"name": "c", "passed": False, "required": False, "detail": ""}]}, 0),
    ],
)
def test_the_exit_code_follows_the_outcome(
    cli: Cli, podium: Podium, at: list[str], change: dict[str, Any], code: int
) -> None:
    podium.on("POST", PATH, Reply(RUN | change))
    outcome = cli("run", "support", "--text", "x", "--json", *at)
    assert (outcome.code, outcome.json()) == (code, RUN | change)
    last = {"type": "run.finished", "run": RUN | change}
    podium.on("POST", PATH, Reply(events=[{"type": "step.started", "step": "draft"}, last]))
    outcome = cli("run", "support", "--text", "x", "--events", *at)
    assert (outcome.code, outcome.lines()) == (
        code,
        [{"type": "step.started", "step": "draft"}, last],
    )
    assert podium.requests[-1].json()["stream"] is True


def test_events_that_break_off_are_a_failure(cli: Cli, podium: Podium, at: list[str]) -> None:
    podium.on("POST", PATH, Reply(events=[{"type": "step"}]))
    outcome = cli("run", "support", "--text", "x", "--events", *at)
    assert outcome.code == 1
    assert "broke off" in outcome.lines()[-1]["error"]["message"]
    podium.on("POST", PATH, Reply(RUN))
    assert "Is it Podium" in cli("run", "support", "--text", "x", *at).err
    denied = {"error": {"message": "No.", "code": "policy_denied"}}
    podium.on("POST", PATH, Reply(events=[{"type": "step.started"}, denied]))
    outcome = cli("run", "support", "--text", "x", "--events", *at)
    assert (outcome.code, outcome.lines()[-1]["error"]["message"]) == (4, "No.")


@pytest.mark.parametrize(
    ("words", "param"),
    [
        ([], "--text"),
        (["--text", "a", "--audio", "b"], "--audio"),
        (["--input", "novalue"], "--input"),
        (["--text", "a", "--example"], "--example"),
        (["--text", "a", "--events"], "--events"),
    ],
)
def test_inputs_that_cannot_be_name_the_option(
    cli: Cli, podium: Podium, at: list[str], words: list[str], param: str
) -> None:
    outcome = cli("run", "support", *words, "--json", *at)
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, param)
    assert not podium.requests


def test_a_pipeline_without_example_says_so(cli: Cli, podium: Podium, at: list[str]) -> None:
    outcome = cli("run", "campaign", "--example", "--json", *at)
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "--example")
