"""`podium cluster check` refuses what can't run before it asks Ray for anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.config_check import check_config, settings_in_file
from deployments.home import Home
from tests.unit.deployments.cli.served import Cli

ROW = {"id": "mistral", "dialect": "vllm", "path": "package:models.reference/chat",
       "clearance": {"level": "RESTRICTED", "categories": "all"}}  # fmt: skip
FALSE = "sha256:" + "0" * 64


def written(folder: Path, rows: list[dict[str, Any]], http: dict[str, Any], **args: Any) -> Path:
    """A serve_config.yaml over a catalog with these rows."""
    catalog = folder / "catalog"
    catalog.mkdir()
    (catalog / "mine.yaml").write_text(json.dumps(rows))
    settings = {"profile": "cluster", "models": ["mistral", "embed"], "catalog": [str(catalog)]}
    application = {
        "name": "podium",
        "import_path": "deployments.app:build",
        "args": settings | args,
    }
    file = folder / "serve_config.yaml"
    file.write_text(yaml.safe_dump({"http_options": http, "applications": [application]}))
    return file


def test_what_is_changed_below_holds_up(tmp_path: Path) -> None:
    settings = settings_in_file(written(tmp_path, [ROW], {"host": "127.0.0.1"}))
    assert check_config(settings, Home(tmp_path))["models"] == ["mistral", "embed"]


@pytest.mark.parametrize(
    ("rows", "http", "args", "said"),
    [
        ([ROW], {}, {"gatewy": {}}, ["gatewy"]),
        ([ROW], {"hots": "127.0.0.1"}, {}, ["http_options", "hots"]),
        ([ROW], {}, {"models": ["mistral", "embed", "mistral"]}, ["'mistral' twice", "replicas"]),
        ([ROW, ROW], {}, {}, ["two rows with the id mistral", "another name"]),
        ([ROW | {"digest": FALSE}], {}, {}, ["not the ones the catalog names"]),
        (
            [ROW | {"num_gpus": 1}],
            {},
            {"gpu_memory_gib": 0.001},
            ["'mistral' needs about", "num_gpus"],
        ),
    ],
    ids=["field", "Serve's field", "model twice", "row twice", "digest", "GPU"],
)
def test_it_is_refused_with_the_field_and_the_fix(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    rows: list[dict[str, Any]], http: dict[str, Any], args: dict[str, Any], said: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    file = written(tmp_path, rows, http, **args)
    outcome = cli("cluster", "check", str(file), "--home", str(tmp_path / "home"))
    told = " ".join(outcome.err.split())
    assert outcome.code == 2
    assert all(words in told for words in said), told


def test_a_cluster_without_a_token_is_refused(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    file = written(tmp_path, [ROW], {})
    outcome = cli("cluster", "check", str(file), "--home", str(tmp_path / "home"))
    assert outcome.code == 2
    assert "RAY_AUTH_MODE=token" in outcome.err and "podium cluster env" in outcome.err
