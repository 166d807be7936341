"""`podium ask`: streamed for people, one document for machines."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.unit.deployments.cli.served import Cli, Podium, Reply

PATH = "/v1/chat/completions"
SOURCE = {"id": "refunds.md", "title": "Refunds", "collection": "kb", "chunk": 1, "page": 2}


def delta(text: str | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more}


def test_the_answer_streams_and_sources_go_to_stderr(
    cli: Cli, podium: Podium, at: list[str]
) -> None:
    events = [delta("Four"), delta("teen days"), delta(None, "stop", route={"sources": [SOURCE]})]
    podium.on("POST", PATH, Reply(events=[*events, "[DONE]"]))
    outcome = cli("ask", "How long?", "--system", "Be brief.", "--max-tokens", "9", *at)
    assert (outcome.code, outcome.out) == (0, "Fourteen days\n")
    assert "[1] Refunds (refunds.md, page 2)" in outcome.err
    assert podium.requests[0].json() == {
        "model": "mistral",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How long?"},
        ],
        "max_tokens": 9,
        "stream": True,
    }


def test_json_is_the_completion_itself(cli: Cli, podium: Podium, at: list[str]) -> None:
    completion = {"id": "c", "choices": [{"message": {"content": "hé"}}]}
    podium.on("POST", PATH, Reply(completion))
    outcome = cli("ask", "x", "--model", "pipeline/support", "--json", *at)
    assert (outcome.code, outcome.json()) == (0, completion)
    assert "stream" not in podium.requests[0].json()


def test_an_answer_that_breaks_off_is_a_failure(cli: Cli, podium: Podium, at: list[str]) -> None:
    podium.on("POST", PATH, Reply(events=[delta("half")]))
    outcome = cli("ask", "x", *at)
    assert outcome.code == 1
    assert "broke off" in outcome.err
    error = {"message": "Gone.", "type": "x", "param": None, "code": "model_unavailable"}
    podium.on("POST", PATH, Reply(events=[delta("half"), {"error": error}]))
    outcome = cli("ask", "x", *at)
    assert outcome.code == 1
    assert "Gone." in outcome.err


def test_an_unknown_model_is_the_servers_own_error(cli: Cli, podium: Podium, at: list[str]) -> None:
    error = {"message": "No.", "type": "t", "param": "model", "code": "model_not_found"}
    podium.on("POST", PATH, Reply({"error": error}, 404))
    outcome = cli("ask", "x", "--model", "nope", "--json", *at)
    assert (outcome.code, outcome.json()) == (2, {"error": error})


def test_no_model_steers_the_terminal(cli: Cli, podium: Podium, at: list[str]) -> None:
    podium.on("POST", PATH, Reply(events=[delta("a\x1b]0;owned\x07b\x9b2J", "stop"), "[DONE]"]))
    assert cli("ask", "x", *at).out == "a]0;ownedb2J\n"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_question_is_refused(
    cli: Cli, podium: Podium, at: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("ask", text, *at, "--json").json()["error"]["param"] == "QUESTION"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert cli("ask", *at).code == 2
    assert not podium.requests


def test_standard_input_that_is_no_text_is_refused(
    cli: Cli, at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", stdin)
    outcome = cli("ask", "-", *at)
    assert outcome.code == 2
    assert "UTF-8" in outcome.err
