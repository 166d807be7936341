"""The run folder is private and its path short enough for HAProxy's sockets."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from deployments.home import Home
from deployments.ray_environment import make_run_folder

# What Ray lays below it: a folder named by the node's id, and the longest name of a socket.
BELOW = f"/{'0' * 56}/metrics.sock"


@pytest.mark.parametrize("below", ["", "a/long/folder/for/temporary/files"])
def test_sockets_fit_wherever_temporary_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", f"/tmp/{below}".rstrip("/"))  # noqa: S108
    folder = make_run_folder(Home(tmp_path))
    try:
        assert len(f"{folder.path}{BELOW}") <= 97
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    finally:
        folder.remove()
    assert not folder.path.exists()
