"""The import contracts hold, and a planted breach of each kind is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracked import ROOT

PACKAGES = ("models", "retrieval", "router", "deployments")
BREACHES = [
    ("router", "import ray", "Only deployments imports ray"),
    ("retrieval", "import router.label", "deployments → router → retrieval → models"),
    ("deployments", "import vllm.outputs", "vllm only in"),
    ("models", "import ctranslate2", "faster_whisper and ctranslate2 only in"),
    ("retrieval", "import sentence_transformers", "sentence_transformers only in"),
    ("deployments", "import faiss", "faiss only in"),
    ("router", "import torch", "torch and transformers only in"),
    ("router", "import openai", "Provider SDKs only in"),
    ("router/ledger_reader", "import router.ledger.entry", "The ledger's reader and its writer"),
    ("router", "import psycopg", "psycopg only in"),
]
COMMAND = Path(sys.executable).with_name("lint-imports")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and the contracts, to plant breaches in."""
    folder = tmp_path_factory.mktemp("contracts")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def only_python(folder: str, names: list[str]) -> list[str]:
    return [n for n in names if not n.endswith(".py") and not (Path(folder) / n).is_dir()]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [COMMAND, "--no-cache"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_packages_keep_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


def test_planted_breaches_are_caught(copy: Path) -> None:
    planted = [copy / place / f"planted_{n}.py" for n, (place, _, _) in enumerate(BREACHES)]
    for path, (_, line, _) in zip(planted, BREACHES, strict=True):
        path.write_text(f"def late() -> None:\n    {line}\n")
    try:
        done = lint(copy)
    finally:
        for path in planted:
            path.unlink()
    assert done.returncode != 0
    broken = [row for row in done.stdout.splitlines() if " BROKEN" in row]
    assert len(broken) == len(BREACHES), done.stdout
    for _, _, contract in BREACHES:
        assert any(row.startswith(contract) for row in broken), contract
