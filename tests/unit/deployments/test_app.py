"""The application is not built on a cluster that lets anybody in."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from models.errors import InvalidConfig, SetupError

with warnings.catch_warnings():
    # Ray's import warns of its own libraries' old ways.
    warnings.simplefilter("ignore")
    from deployments.app import build


def test_a_cluster_without_a_token_builds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one the same call goes on to the settings, and says what is wrong there."""
    arguments = {"home": str(tmp_path), "gatewy": {}}
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(SetupError, match="asks nobody for a token"):
        build(arguments)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(InvalidConfig) as raised:
        build(arguments)
    assert raised.value.param == "gatewy"
