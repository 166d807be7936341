"""The runnable blocks of README and tutorial, in their order, on a running Podium."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manual_blocks import Block, blocks
from tests.serve.instance import BIN, Instance, environment, run
from tests.tracked import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "tutorial.md",
    ROOT / "docs" / "how-to" / "clients.md",
)
WEBCAMS = "webcams.md"


def execute(block: Block, podium: Instance, folder: Path) -> str:
    """What a reader's shell prints; the block stops at its first failing command."""
    words = {"sh": ["/bin/sh", "-euc"], "python": [sys.executable, "-c"]}[block.language]
    variables = environment(
        {
            "PODIUM_HOME": str(podium.home),
            "OPENAI_BASE_URL": podium.url,
            "OPENAI_API_KEY": podium.key,
            "ANTHROPIC_BASE_URL": podium.base_url,
            "ANTHROPIC_API_KEY": podium.key,
        }
    )
    variables["PATH"] = f"{BIN}:{variables['PATH']}"
    done = subprocess.run(
        [*words, block.text], cwd=folder, env=variables, capture_output=True, text=True,
        timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"line {block.line}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_runnable_block_runs(page: Path, podium: Instance, tmp_path: Path) -> None:
    found = blocks(page, "test")
    assert found, "no block is marked as runnable"
    folder = ROOT if page.parent == ROOT else tmp_path
    said = [execute(block, podium, folder) for block in found]
    assert all(said), "a block printed nothing"


def test_the_tutorials_document_is_found_and_then_gone(podium: Instance, tmp_path: Path) -> None:
    *_, ingest = [b for b in blocks(PAGES[1], "test") if "podium ingest" in b.text]
    first = execute(ingest, podium, tmp_path).splitlines()
    assert any(WEBCAMS in line for line in first)
    run("documents", "delete", "--collection", "kb", WEBCAMS, home=podium.home)
    search = run("search", "kb", "How long is a webcam's warranty?", "--json", home=podium.home)
    assert WEBCAMS not in {hit["id"] for hit in json.loads(search.stdout)["hits"]}
