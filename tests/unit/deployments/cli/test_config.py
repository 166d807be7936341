"""`podium config`: precedence, the schema, and every fault named."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tracked import ROOT
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
        ("models: [mistral, embed, mistral]\n", "models"),
        ("scaling: {mistrall: {}}\n", "scaling.mistrall"),
        ("scaling: {mistral: {max_replica: 2}}\n", "scaling.mistral.max_replica"),
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


def test_a_step_that_asks_for_a_model_of_no_catalog_is_named(cli: Cli, tmp_path: Path) -> None:
    support = (ROOT / "router/pipelines/support.yaml").read_text()
    folder = tmp_path / "pipelines"
    folder.mkdir()
    for wrong, field in (
        ("    route: {model: mistrall}\n", "steps.draft.route.model"),
        ("    route: {model: mistral}\n    fallback: [mistrall]\n", "steps.draft.fallback"),
    ):
        changed = support.replace("    route: {model: mistral}\n    stream", f"{wrong}    stream")
        (folder / "support.yaml").write_text(changed)
        outcome = cli("config", "check", "--home", str(tmp_path), "--json")
        assert (outcome.code, outcome.json()["error"]["param"]) == (2, field)
    (folder / "support.yaml").write_text(support)
    assert cli("config", "check", "--home", str(tmp_path)).code == 0


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


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"http_option": {}}, "http_option"),
        ({"http_options": {"hots": "127.0.0.1"}}, "http_options.hots"),
        (
            {"applications": [{"name": "podium", "import_path": "x", "arg": {}}]},
            "applications.0.arg",
        ),
        ({"proxy_location": "Everywhere"}, "proxy_location"),
    ],
)
def test_what_serve_would_take_silently_is_refused(
    cli: Cli, tmp_path: Path, more: dict[str, Any], param: str
) -> None:
    file = tmp_path / "serve_config.yaml"
    row = {"name": "podium", "import_path": "deployments.app:build", "args": {}}
    file.write_text(yaml.safe_dump({"applications": [row]} | more))
    error = cli("config", "check", str(file), "--json").json()["error"]
    assert error["param"] == param


def test_two_rows_of_one_id_in_one_file_are_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    row = {"id": "twin", "dialect": "vllm", "path": "/nowhere", "clearance": {"level": "PUBLIC"}}
    file = tmp_path / "catalog" / "twins.yaml"
    file.write_text(yaml.safe_dump([row]))
    assert cli("config", "check", "--home", str(tmp_path), "--json").json()["ok"] is True
    file.write_text(yaml.safe_dump([row, deepcopy(row)]))
    error = cli("config", "check", "--home", str(tmp_path), "--json").json()["error"]
    assert error["param"] == "id"
    assert "two rows with the id twin" in error["message"]


def test_a_profile_that_is_not_there_names_those_that_are(cli: Cli) -> None:
    outcome = cli("config", "show", "--profile", "nope", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "profile")
    assert "embedded" in outcome.json()["error"]["message"]
    assert cli("config", "show", "--set", "port", "--json").code == 2
