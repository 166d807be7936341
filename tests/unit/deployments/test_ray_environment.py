"""Ray's processes get a home of their own, and replicas get the user's back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployments.ray_environment import RunFolder, private_user_home, restore_user_home


def test_rays_processes_find_a_cluster_file_at_home_and_replicas_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = str(tmp_path / "user")
    monkeypatch.setenv("HOME", users)
    monkeypatch.delenv("HOME_OF_USER", raising=False)
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    with private_user_home(folder):
        assert Path("~/ray_bootstrap_config.yaml").expanduser().is_file()
        inherited = dict(os.environ)
    assert os.environ["HOME"] == users
    for name, value in inherited.items():
        monkeypatch.setenv(name, value)
    assert os.environ["HOME"] == str(folder.path)
    restore_user_home()
    assert os.environ["HOME"] == users
    assert "HOME_OF_USER" not in os.environ
