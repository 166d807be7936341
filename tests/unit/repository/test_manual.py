"""The manual's runnable blocks are found, and those that need no server run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.manual_blocks import blocks
from tests.tracked import ROOT, tracked

OFFLINE = [(page, block) for page in tracked(".md") for block in blocks(page, "offline")]


def test_only_marked_blocks_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nrm -rf /\n```\n\n```sh offline\ntrue\n```\n```python test\nx\n```\n")
    (found,) = blocks(page, "offline")
    assert (found.language, found.text, found.line) == ("sh", "true\n", 5)
    assert [block.text for block in blocks(page, "test")] == ["x\n"]


@pytest.mark.parametrize(("page", "block"), OFFLINE, ids=lambda it: getattr(it, "stem", None))
def test_offline_blocks_run(page: Path, block: object, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    variables = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PODIUM_HOME": home,
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["/bin/sh", "-euc", block.text], cwd=ROOT, env=variables,  # type: ignore[attr-defined]
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
