"""What the doctor says of a running instance, from its real processes and sockets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from deployments.doctor.finding import Finding, Patient
from deployments.doctor.listening import Listener, check_listening, check_token, listeners_of
from deployments.doctor.server_state import check_server
from deployments.doctor.telemetry import check_telemetry
from deployments.home import Home
from deployments.run_file import Running
from deployments.settings import Settings
from models.quiet import quiet_environment
from tests.unit.deployments.cli.served import Podium, Reply
from tests.unit.deployments.doctor.instance import instance, token_variables


def patient(pid: int, url: str = "http://127.0.0.1:1") -> Patient:
    return Patient(Home(Path("/nowhere")), Settings(), Running(pid, url, 1.0), {})


def levels(findings: Iterable[Finding]) -> list[str]:
    return [finding.level for finding in findings]


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("secret")
    path.chmod(0o600)
    return path


def listener(address: str, port: int = 7000, program: str = "raylet") -> Listener:
    return Listener(1, program, address, port)


def test_every_socket_below_the_instance_is_seen() -> None:
    with instance("127.0.0.1", "127.0.0.2", "127.0.0.1") as (pid, ports):
        found = {(one.address, one.port) for one in listeners_of(pid)}
        assert levels(check_listening(patient(pid))) == ["ok"]
    first, second, third = ports
    assert found == {("127.0.0.1", first), ("127.0.0.2", second), ("127.0.0.1", third)}


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),  # noqa: S104 - an address to judge, not one to bind
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_who_can_reach_an_address(address: str, local: bool) -> None:
    assert listener(address).is_local is local


def test_a_socket_open_to_others_is_a_warning_with_the_token_and_a_failure_without(
    token: Path,
) -> None:
    sockets = [listener("::", 7001), listener("127.0.0.1", 7002)]
    with instance("127.0.0.1", **token_variables(str(token))) as (pid, _):
        findings = list(check_listening(patient(pid), lambda _: sockets))
        assert levels(findings) == ["warn", "ok"]
        assert ":: port 7001" in findings[0].detail
        assert "1 of 2" in findings[1].detail
        token.chmod(0o644)
        assert levels(check_listening(patient(pid), lambda _: sockets)) == ["fail", "ok"]
    with instance("127.0.0.1") as (pid, _):
        assert levels(check_listening(patient(pid), lambda _: sockets)) == ["fail", "ok"]


def test_the_api_and_haproxys_figures_are_told_apart() -> None:
    sockets = [listener("::", 7001), listener("::", 7003, "haproxy")]
    with instance("127.0.0.1") as (pid, _):
        here = patient(pid, "http://10.0.0.1:7001")
        findings = list(check_listening(here, lambda _: sockets))
    assert levels(findings) == ["warn", "warn", "ok"]
    assert "the API itself" in findings[0].detail
    assert "HAProxy" in findings[1].detail


def test_the_token_must_be_in_force_everywhere_and_private(token: Path) -> None:
    with instance("127.0.0.1", **token_variables(str(token))) as (pid, _):
        assert levels(check_token(patient(pid))) == ["ok"]
        token.chmod(0o640)
        assert levels(check_token(patient(pid))) == ["fail"]
        token.unlink()
        assert levels(check_token(patient(pid))) == ["fail"]
    with instance("127.0.0.1", RAY_AUTH_MODE="disabled") as (pid, _):
        assert levels(check_token(patient(pid))) == ["fail"]


def test_telemetry_is_looked_for_in_the_running_processes() -> None:
    quiet = quiet_environment()
    with instance("127.0.0.1", **quiet) as (pid, _):
        assert levels(check_telemetry(patient(pid))) == ["ok"]
    with instance("127.0.0.1", **(quiet | {"RAY_USAGE_STATS_ENABLED": "1"})) as (pid, _):
        assert levels(check_telemetry(patient(pid))) == ["fail"]


def test_a_server_that_lets_everybody_in_is_a_failure(podium: Podium) -> None:
    with instance("127.0.0.1") as (pid, _):
        here = patient(pid, podium.url)
        podium.open_paths = {"/readyz"}
        podium.on("GET", "/readyz", Reply({"status": "ready"}))
        podium.on("GET", "/v1/models", Reply({"data": []}))
        assert levels(check_server(here)) == ["ok", "ok"]
        podium.on("GET", "/readyz", Reply({"status": "starting"}, 503))
        assert levels(check_server(here)) == ["warn", "ok"]
        podium.open_paths = {"/readyz", "/v1/models"}
        assert levels(check_server(here)) == ["warn", "fail"]
        assert levels(check_server(patient(pid))) == ["fail"]
