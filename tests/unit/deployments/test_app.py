"""The application is not built on a cluster that lets anybody in, nor without what it needs."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
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


@pytest.mark.skipif(find_spec("pyarrow") is not None, reason="the extra `ray-llm` is installed")
def test_what_ray_serve_llm_lacks_is_said_before_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody ran `podium cluster check`."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    row = {"id": "m", "dialect": "ray_serve_llm", "clearance": {"level": "PUBLIC"}}
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "m.yaml").write_text(json.dumps([row | {"path": "package:models.reference/chat"}]))
    with pytest.raises(SetupError, match=r"requirements/ray-llm\.lock"):
        build({"home": str(tmp_path), "models": ["m", "embed"], "catalog": [str(rows)]})
