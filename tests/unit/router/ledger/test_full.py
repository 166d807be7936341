"""No space left: the ledger refuses, says so, loses nothing it took, and goes on with space."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify
from tests.tracked import ROOT
from tests.unit.router.ledger.full_driver import SECRET

DRIVER = [sys.executable, "-m", "tests.unit.router.ledger.full_driver"]


def _run(command: list[str]) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _check(path: Path, met: dict[str, Any], code: str) -> None:
    assert len(met["acks"]) > 10
    assert len(met["refusals"]) == 3
    assert all(code in message for message in met["refusals"])
    source = SqliteSource(path)
    assert verify(source, SECRET).first_bad is None
    with source.open() as snapshot:
        rows = list(snapshot.records())
    wanted = [*met["acks"], *met["recovered"]]
    assert [row.id for row in rows if row.id in set(wanted)] == wanted
    others = [json.loads(str(row.body)) for row in rows if row.id not in set(wanted)]
    assert [(one["kind"], one["fields"]["refused"]) for one in others] == [("alarm", 2)]


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    met = json.loads(_run([*DRIVER, str(tmp_path), "limit"])[0])
    _check(tmp_path / "ledger.sqlite", met, "SQLITE_")


def test_a_full_file_system(tmp_path: Path) -> None:
    lacking = _cannot_mount(tmp_path)
    if lacking:
        pytest.skip(lacking)
    folder = tmp_path / "small"
    folder.mkdir()
    script = f'mount -t tmpfs -o size=4m tmpfs "$0" && exec {" ".join(DRIVER)} "$0" ballast'
    told, ledger = _run(["unshare", "-rm", "sh", "-c", script, str(folder)])
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(bytes.fromhex(ledger))
    _check(path, json.loads(told), "SQLITE_FULL")


def _cannot_mount(folder: Path) -> str | None:
    if shutil.which("unshare") is None:
        return "unshare not found"
    words = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        return "this machine lets no user mount a small file system of its own"
    return None
