"""Ray's processes get a home of their own, and replicas get the user's back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployments.home import Home
from deployments.port_block import PortBlock
from deployments.ray_environment import (
    SILENT_VARIABLE,
    RunFolder,
    private_user_home,
    ray_environment,
    restore_user_home,
)

ALONE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


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


def test_only_a_machine_alone_keeps_others_from_joining(tmp_path: Path) -> None:
    ports = PortBlock(20_000, None)  # type: ignore[arg-type]
    alone = ray_environment(Home(tmp_path), RunFolder(tmp_path), ports)
    one = ray_environment(Home(tmp_path), RunFolder(tmp_path), ports, address="192.0.2.8")
    assert (alone[ALONE], alone["VLLM_HOST_IP"]) == ("0", "127.0.0.1")
    assert ALONE not in one and one["VLLM_HOST_IP"] == "192.0.2.8"
    assert alone.keys() - one.keys() == {ALONE}


def test_a_silent_gateway_is_given_up_after_the_longest_request(tmp_path: Path) -> None:
    ports = PortBlock(20_000, None)  # type: ignore[arg-type]
    given = [
        ray_environment(Home(tmp_path), RunFolder(tmp_path), ports, **more)
        for more in ({}, {"request_s": 599.5})
    ]
    assert [one[SILENT_VARIABLE] for one in given] == ["330", "630"]
