"""Every kind of failure has its exit code and the four keys."""

from __future__ import annotations

import httpx2
import pytest

from deployments.cli.answers import answered
from deployments.cli.failures import AnsweredError, error_object, exit_code
from models import errors
from tests.unit.deployments.cli.served import Cli


@pytest.mark.parametrize(
    ("status", "code", "exit_"),
    [
        (400, "invalid_audio", 2),
        (404, "model_not_found", 2),
        (413, "request_too_large", 2),
        (401, "invalid_api_key", 5),
        (403, "permission_denied", 5),
        (403, "policy_denied", 4),
        (504, "deadline_exceeded", 6),
        (200, "deadline_exceeded", 6),
        (429, "budget_exceeded", 1),
        (503, "no_eligible_model", 1),
        (500, "internal_error", 1),
        (502, None, 1),
    ],
)
def test_an_answered_error_has_its_exit_code(status: int, code: str | None, exit_: int) -> None:
    assert exit_code(AnsweredError(status, {"message": "m", "code": code})) == exit_


@pytest.mark.parametrize(
    ("error", "exit_"),
    [
        (errors.InvalidConfig("m"), 2),
        (errors.WeightsError("m"), 2),
        (errors.InvalidRequest("m"), 2),
        (errors.DeadlineExceeded("m"), 6),
        (errors.AuthenticationFailed("m"), 5),
        (errors.PolicyDenied("m"), 4),
        (ValueError("private"), 1),
    ],
)
def test_our_own_errors_too(error: Exception, exit_: int) -> None:
    assert exit_code(error) == exit_
    assert set(error_object(error)) == {"message", "type", "param", "code"}
    assert "private" not in str(error_object(error))


@pytest.mark.parametrize(
    "words", [["--nope"], ["no-such"], ["search", "kb"], ["search", "kb", "x", "-k", "0"]]
)
def test_wrong_usage_exits_2(cli: Cli, words: list[str]) -> None:
    plain = cli(*words)
    assert (plain.code, plain.out) == (2, "")
    assert "podium --help" in plain.err
    told = cli(*words, "--json")
    assert told.code == 2
    assert set(told.json()["error"]) == {"message", "type", "param", "code"}


def test_no_command_shows_the_help(cli: Cli) -> None:
    outcome = cli()
    assert outcome.code == 2
    assert "ingest" in outcome.err
    assert cli("--help").code == 0


def test_a_run_that_was_refused_is_named() -> None:
    def told(body: dict[str, object]) -> str:
        return str(answered(httpx2.Response(403, json=body)))

    error = {"message": "Rule x keeps it inside.", "type": "permission_error"}
    assert told({"error": error}) == "Rule x keeps it inside."
    assert told({"error": error, "run_id": "run-1"}) == "Rule x keeps it inside. (run run-1)"
