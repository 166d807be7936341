"""What the doctor says of a machine and a home where nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.doctor.examine import examine
from deployments.doctor.finding import Finding, Patient
from deployments.doctor.home_state import check_disk, check_home
from deployments.doctor.installation import check_installation
from deployments.doctor.machine_state import check_memory, check_port, check_processor
from deployments.doctor.telemetry import check_telemetry
from deployments.doctor.weights_state import check_weights
from deployments.home import Home
from deployments.open_home import open_home
from deployments.settings import Settings
from models.errors import SetupError
from models.weights import digest_of
from tests.unit.deployments.cli.served import Cli
from tests.unit.deployments.onboarding.weights import embedder_folder


@pytest.fixture
def resting(tmp_path: Path) -> Patient:
    return Patient(open_home(tmp_path / "home"), Settings(), None, {})


def failures(findings: Iterator[Finding]) -> list[str]:
    return [finding.detail for finding in findings if finding.level == "fail"]


def test_each_thing_open_to_others_is_named_with_its_fix(resting: Patient) -> None:
    home = resting.home
    home.pepper()
    home.first_key.write_text("pk")
    home.first_key.chmod(0o600)
    assert not failures(check_home(resting))
    home.first_key.chmod(0o644)
    home.path.chmod(0o755)
    found = [finding for finding in check_home(resting) if finding.level == "fail"]
    assert [finding.fix for finding in found] == [
        f"chmod go= {home.path}",
        f"chmod go= {home.first_key}",
    ]


def test_a_home_not_made_yet_or_newer(resting: Patient) -> None:
    assert not failures(check_home(replace(resting, home=Home(Path("/no/such/home")))))
    resting.home.version_file.write_text("99\n")
    assert "version 99" in failures(check_home(resting))[0]


def test_a_missing_engine_and_a_breaking_build_are_failures(resting: Patient) -> None:
    there = {
        "ray": "2", "torch": "2.13.0+cpu", "vllm": "1", "faster-whisper": "1",
        "sentence-transformers": "6", "faiss-gpu": "1",
    }  # fmt: skip
    assert not failures(check_installation(resting, there.get))
    assert failures(check_installation(resting, (there | {"torchvision": "0.28.0"}).get))
    assert not failures(check_installation(resting, (there | {"torchvision": "0.28+cpu"}).get))
    del there["faster-whisper"]
    assert "faster-whisper" in failures(check_installation(resting, there.get))[0]


def test_a_processor_without_avx2_is_a_failure(resting: Patient, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("flags : fpu avx avx2\n")
    assert not failures(check_processor(resting, info))
    info.write_text("flags : fpu avx\n")
    levels = [finding.level for finding in check_processor(resting, info)]
    assert levels in (["fail"], [])


def test_memory_and_disk_are_weighed(resting: Patient) -> None:
    wanting = replace(resting, settings=Settings(models=tuple(map(str, range(100_000)))))
    assert "warn" in [finding.level for finding in check_memory(wanting)]
    assert len(list(check_disk(resting))) == 1


def test_a_taken_port_is_told(resting: Patient) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken = replace(resting, settings=Settings(port=port))
        assert [finding.level for finding in check_port(taken)] == ["warn"]
    assert [finding.level for finding in check_port(taken)] == ["ok"]
    assert not list(check_port(replace(resting, settings=Settings(port=0))))


def test_a_shell_that_switches_telemetry_on_is_told(resting: Patient) -> None:
    assert [f.level for f in check_telemetry(resting)] == ["ok"]
    loud = replace(resting, environ={"RAY_USAGE_STATS_ENABLED": "1"})
    assert [f.level for f in check_telemetry(loud)] == ["warn"]


def test_weights_are_checked_against_their_digest(resting: Patient, tmp_path: Path) -> None:
    folder = embedder_folder(tmp_path / "w")
    row: dict[str, Any] = {
        "id": "mine",
        "dialect": "embedder",
        "path": str(folder),
        "clearance": {"level": "INTERNAL"},
    }
    file = resting.home.catalog / "mine.yaml"
    here = replace(resting, settings=Settings(models=("mine",)))
    file.write_text(yaml.safe_dump([row]))
    assert [f.level for f in check_weights(here)] == ["warn"]
    file.write_text(yaml.safe_dump([row | {"digest": digest_of(folder)}]))
    assert [f.level for f in check_weights(here)] == ["ok"]
    (folder / "tokenizer.json").write_text("changed")
    assert "not the ones" in failures(check_weights(here))[0]
    gone = replace(resting, settings=Settings(models=("none",)))
    assert failures(check_weights(gone))


def test_a_check_that_cannot_look_does_not_stop_the_others(tmp_path: Path) -> None:
    def check_broken(_: Patient) -> Iterator[Finding]:
        raise PermissionError("no")
        yield

    def check_wrong(_: Patient) -> Iterator[Finding]:
        raise SetupError("damaged")
        yield

    checks = (check_broken, check_wrong, check_disk)
    found = list(examine(Home(tmp_path), {}, checks))
    assert [(f.name, f.level) for f in found[:2]] == [("broken", "warn"), ("wrong", "fail")]
    assert found[2].name == "disk"


def test_the_command_reports_and_exits_1_on_a_failure(cli: Cli, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    (home.path / "settings.yaml").write_text("models: []\n")
    good = cli("doctor", "--home", str(home.path), "--json").json()
    assert good["ok"] is not any(check["level"] == "fail" for check in good["checks"])
    assert set(good["checks"][0]) == {"name", "level", "detail", "fix"}
    home.path.chmod(0o755)
    outcome = cli("doctor", "--home", str(home.path), "--json")
    assert (outcome.code, outcome.json()["ok"]) == (1, False)
    plain = cli("doctor", "--home", str(home.path))
    assert f"→ chmod go= {home.path}" in plain.out
    (home.path / "settings.yaml").write_text("prot: 1\n")
    broken = cli("doctor", "--home", str(home.path), "--json").json()["checks"]
    assert broken[0]["name"] == "settings"
