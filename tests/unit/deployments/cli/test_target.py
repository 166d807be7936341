"""Which server and which key a command uses, and what it says when there is none."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from deployments.cli.target import find_target
from deployments.open_home import open_home
from deployments.run_file import Running, write_running
from models.errors import InvalidRequest
from tests.unit.deployments.cli.served import KEY, Cli, Podium, Reply

MODELS = {"object": "list", "data": []}


def test_nothing_running_exits_3_and_says_podium_up(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("search", "kb", "x", "--home", str(tmp_path / "none"), "--json")
    assert outcome.code == 3
    assert set(outcome.json()["error"]) == {"message", "type", "param", "code"}
    assert "podium up" in outcome.json()["error"]["message"]
    assert not (tmp_path / "none").exists()
    plain = cli("search", "kb", "x", "--home", str(tmp_path / "none"))
    assert (plain.code, plain.out) == (3, "")
    assert "podium up" in plain.err


def test_a_port_where_nothing_listens_exits_3(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        outcome = cli("status", "--url", url, "--json")
    assert outcome.code == 3
    assert url in outcome.json()["error"]["message"]


def test_run_json_and_first_key_are_found(cli: Cli, podium: Podium, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    write_running(home, Running(os.getpid(), podium.url, 1.0))
    podium.on("GET", "/v1/status", Reply({"status": "ready"}))
    assert cli("status", "--home", str(home.path)).code == 5
    home.first_key.write_text(f"{KEY}\n")
    outcome = cli("status", "--home", str(home.path), "--json")
    assert (outcome.code, outcome.json()) == (0, {"status": "ready"})


def test_the_environment_says_it_too_and_a_flag_wins(
    cli: Cli, podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    podium.on("GET", "/v1/status", Reply({}))
    monkeypatch.setenv("PODIUM_BASE_URL", f"{podium.url}/v1/")
    monkeypatch.setenv("PODIUM_API_KEY", KEY)
    assert cli("status").code == 0
    assert cli("status", "--key", "pk_wrong").code == 5


def test_the_first_key_stays_near(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    home.first_key.write_text(KEY)
    assert find_target("http://127.0.0.1:1", None, tmp_path).key == KEY
    assert find_target("http://localhost:1", None, tmp_path).key == KEY
    assert find_target("http://192.0.2.1:1", None, tmp_path).key is None
    write_running(home, Running(os.getpid(), "http://192.0.2.1:1", 1.0))
    assert find_target("http://192.0.2.1:1", None, tmp_path).key == KEY
    assert KEY not in repr(find_target(None, None, tmp_path))


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x", "http://", "http://x:99999", "http://["]
)
def test_a_url_is_checked(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        find_target(url, None, tmp_path)
    assert caught.value.param == "--url"


def test_a_server_that_is_not_podium_is_a_clean_failure(
    cli: Cli, podium: Podium, at: list[str]
) -> None:
    podium.on("GET", "/v1/status", Reply(b"<html>hello"))
    outcome = cli("status", *at, "--json")
    assert outcome.code == 1
    assert "Is it Podium" in outcome.json()["error"]["message"]
    podium.on("GET", "/v1/status", Reply(b"upstream gone", 503))
    assert cli("status", *at, "--json").json()["error"]["message"]


def test_no_answer_in_time_exits_6(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        words = ("--url", url, "--timeout", "0.2", "--json")
        outcome = cli("search", "kb", "x", *words)
    assert outcome.code == 6
    assert outcome.json()["error"]["code"] == "deadline_exceeded"
