"""The command as a process: interrupted, piped away, surprised; and its reference page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deployments.cli.served import Cli, Podium, Reply

ROOT = Path(__file__).parents[4]
COMMAND = [sys.executable, "-m", "deployments.cli.main"]


@pytest.mark.parametrize("words", [["ask", "x"], ["search", "kb", "x", "--json"], ["ingest"]])
def test_ctrl_c_exits_130_without_a_traceback(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    folder = [str(tmp_path)] if words == ["ingest"] else []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(
            [*COMMAND, *words, *folder, "--url", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        ) as process:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(10)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with subprocess.Popen(
        [*COMMAND, "config", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert b"Traceback" not in err
    assert b"Exception" not in err


def test_a_first_key_that_cannot_be_read_names_the_option(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "first_key").mkdir()
    outcome = cli("status", "--home", str(tmp_path), "--url", "http://127.0.0.1:9", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "--key")


def test_a_fault_of_our_own_is_told_without_a_traceback(
    cli: Cli, podium: Podium, at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    podium.on("GET", "/v1/models", Reply({"private": "text"}))
    outcome = cli("models", "list", *at)
    assert (outcome.code, outcome.out) == (1, "")
    assert "fault of its own (KeyError)" in outcome.err
    assert "private" not in outcome.err
    monkeypatch.setenv("PODIUM_DEBUG", "1")
    with pytest.raises(KeyError):
        cli("models", "list", *at)


def test_completion_is_there_for_the_shell() -> None:
    environment = dict(os.environ) | {
        "_PODIUM_COMPLETE": "complete_bash",
        "COMP_WORDS": "podium doc",
        "COMP_CWORD": "1",
    }
    script = "import sys; from deployments.cli.main import main; sys.exit(main([]))"
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert set(answer.stdout.split()) == {"doctor", "documents"}


def test_the_reference_page_says_what_the_commands_say() -> None:
    check = [sys.executable, ".ci/cli_reference.py", "--check"]
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([".", *sys.path])}
    answer = subprocess.run(check, cwd=ROOT, env=environment, check=False)
    assert answer.returncode == 0, "run .ci/cli_reference.py"
