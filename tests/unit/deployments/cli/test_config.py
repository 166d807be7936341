"""`podium config`: precedence, the schema, and every fault named."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.deployments.cli.served import Cli


def test_flag_over_environment_over_file_over_profile(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--home", str(tmp_path), "--json"]

    def port(*words: str) -> Any:
        return cli("config", "show", *words, *where).json()["port"]

    default = port()
    (tmp_path / "settings.yaml").write_text("port: 8501\n")
    assert (default, port()) == (8400, 8501)
    monkeypatch.setenv("PODIUM_PORT", "8502")
    assert port() == 8502
    assert port("--set", "port=8503") == 8503


def test_show_is_yaml_for_people(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("config", "show", "--home", str(tmp_path), "--set", "gateway.replicas=2")
    assert yaml.safe_load(outcome.out)["gateway"]["replicas"] == 2


def test_the_schema_describes_the_settings(cli: Cli) -> None:
    schema = cli("config", "schema").json()
    assert schema["additionalProperties"] is False
    assert "gateway" in schema["properties"]


def test_what_ships_holds_up(cli: Cli, tmp_path: Path) -> None:
    found = cli("config", "check", "--home", str(tmp_path), "--json").json()
    assert found["ok"] is True
    assert found["models"] == ["mistral", "whisper", "embed"]
    assert "support" in found["pipelines"]
    assert cli("config", "check", "--home", str(tmp_path)).out.endswith("ok\n")


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ("port: 70000\n", "port"),
        ("gateway: {replicas: 0}\n", "gateway.replicas"),
        ("prot: 1\n", "prot"),
        ("models: [mistral, embed, nothing]\n", "models"),
        ("policy: /no/such/policy.yaml\n", "policy"),
        ("pipelines: [/no/such/folder]\n", "pipelines"),
        ("- a\n", "settings.yaml"),
        ("a: [\n", None),
    ],
)
def test_each_fault_names_its_field_and_exits_2(
    cli: Cli, tmp_path: Path, text: str, param: str | None
) -> None:
    (tmp_path / "settings.yaml").write_text(text)
    outcome = cli("config", "check", "--home", str(tmp_path), "--json")
    assert outcome.code == 2
    assert outcome.json()["error"]["param"] == param
    assert cli("config", "check", "--home", str(tmp_path)).code == 2


def test_a_serve_config_is_checked_by_its_arguments(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "serve_config.yaml"
    row = {"name": "podium", "import_path": "deployments.app:build", "args": {"port": 8600}}
    file.write_text(yaml.safe_dump({"applications": [row]}))
    assert cli("config", "check", str(file), "--json").json()["ok"] is True
    file.write_text(yaml.safe_dump({"applications": [row | {"args": {"prot": 1}}]}))
    assert cli("config", "check", str(file), "--json").json()["error"]["param"] == "prot"
    file.write_text(yaml.safe_dump({"applications": [row, deepcopy(row)]}))
    assert cli("config", "check", str(file), "--json").json()["error"]["param"] == "applications"
    assert cli("config", "check", str(tmp_path / "none.yaml")).code == 2


def test_a_profile_that_is_not_there_names_those_that_are(cli: Cli) -> None:
    outcome = cli("config", "show", "--profile", "nope", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "profile")
    assert "embedded" in outcome.json()["error"]["message"]
    assert cli("config", "show", "--set", "port", "--json").code == 2
