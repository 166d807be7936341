"""`podium models` and `podium bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deployments.cli.bench import check_measurement
from models.catalog import load_catalog
from models.errors import NotFound, SetupError
from tests.unit.deployments.cli.served import Cli, Podium, Reply
from tests.unit.deployments.onboarding.weights import embedder_folder

ROOT = Path(__file__).parents[4]
MODEL = {"id": "mistral", "podium": {"kind": "chat", "site": "local", "engine": "vllm"}}


def test_models_are_listed_and_shown(cli: Cli, podium: Podium, at: list[str]) -> None:
    podium.on("GET", "/v1/models", Reply({"object": "list", "data": [MODEL]}))
    assert cli("models", "list", "--json", *at).json()["data"] == [MODEL]
    assert "mistral" in cli("models", "list", *at).out
    assert cli("models", "show", "mistral", "--json", *at).json() == MODEL
    outcome = cli("models", "show", "none", "--json", *at)
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "NAME")


def test_a_good_folder_becomes_a_row(cli: Cli, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", embedder_folder(tmp_path / "w")
    words = ["models", "add", "mine", "--path", str(folder), "--home", str(home)]
    found = cli(*words, "--licence", "MIT", "--json").json()
    assert found["written"] == str(home / "catalog" / "mine.yaml")
    assert (found["missing"], found["licence"], found["dialect"]) == ([], "MIT", "embedder")
    assert load_catalog([home / "catalog"]).card("mine").digest == found["row"]["digest"]
    again = cli(*words, "--json")
    assert (again.code, again.json()["error"]["param"]) == (2, "NAME")
    assert cli(*words, "--replace").code == 0


def test_a_folder_that_lacks_something_writes_nothing(cli: Cli, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", embedder_folder(tmp_path / "w")
    (folder / "tokenizer.json").unlink()
    words = ["models", "add", "mine", "--path", str(folder), "--home", str(home)]
    outcome = cli(*words, "--json")
    assert outcome.code == 1
    assert outcome.json()["missing"] == ["a tokenizer (tokenizer.json)"]
    assert outcome.json()["written"] is None
    assert not home.exists()
    plain = cli(*words)
    assert "✗ missing: a tokenizer" in plain.err
    assert "licence" in plain.err


def test_a_measurement_needs_the_source_tree() -> None:
    check_measurement("retrieval")
    with pytest.raises(SetupError, match="clone"):
        check_measurement("retrieval", "no_such_package")
    with pytest.raises(NotFound, match="chat"):
        check_measurement("sorcery")


def test_an_unknown_measurement_names_the_known(cli: Cli) -> None:
    outcome = cli("bench", "sorcery", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "KIND")


def test_bench_hands_its_options_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deployments.cli.main", "bench"]
    told = subprocess.run(
        [*command, "retrieval", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, "--chunk-tokens" in told.stdout) == (0, True)
    words = [*command, "retrieval", "--docs", str(tmp_path / "none")]
    assert subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode == 2
