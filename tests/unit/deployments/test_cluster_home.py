"""A node's home is made from mounted secrets, and refuses those that do not fit."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deployments.cluster_home import joining_token, prepare_home, prepare_state
from deployments.egress_keys import keys_file, read_keys
from deployments.home import Home
from deployments.ray_environment import make_run_folder
from deployments.settings import Settings
from models.errors import SetupError

SECRET = "ab" * 32


def mounted(folder: Path, secret: str = SECRET, **keys: str) -> tuple[Path, Path]:
    """The two folders as Kubernetes mounts them: readable by the group, links with a dot beside."""
    secrets, providers = folder / "secrets", folder / "providers"
    for one in (secrets, providers):
        one.mkdir(parents=True, exist_ok=True)
    (secrets / "key_secret").write_text(f"{secret}\n")
    (providers / "..data").mkdir(exist_ok=True)
    for name, key in keys.items():
        (providers / name).write_text(f"{key}\n")
        (providers / name).chmod(0o440)
    return secrets, providers


def silent(_: str) -> None:
    return None


def test_the_secret_and_the_keys_are_copied_in_closed(tmp_path: Path) -> None:
    secrets, providers = mounted(tmp_path, OPENAI_API_KEY="sk-1")
    said: list[str] = []
    home = prepare_home(tmp_path / "home", secrets, providers, said.append)
    assert home.pepper() == bytes.fromhex(SECRET)
    assert read_keys(home) == {"OPENAI_API_KEY": "sk-1"}
    assert home.secret_file.stat().st_mode & 0o077 == 0
    assert keys_file(home).stat().st_mode & 0o077 == 0
    assert said == ["keys of providers: OPENAI_API_KEY"]


def test_it_is_safe_to_run_again(tmp_path: Path) -> None:
    secrets, _ = mounted(tmp_path)
    for _ in range(2):
        home = prepare_home(tmp_path / "home", secrets, tmp_path / "absent", silent)
    assert read_keys(home) == {} and home.pepper() == bytes.fromhex(SECRET)


def test_another_secret_than_the_home_s_own_is_refused(tmp_path: Path) -> None:
    prepare_home(tmp_path / "home", mounted(tmp_path)[0], None, silent)
    other, _ = mounted(tmp_path / "other", "cd" * 32)
    with pytest.raises(SetupError, match="not the secret that this home was made with"):
        prepare_home(tmp_path / "home", other, None, silent)


@pytest.mark.parametrize("secret", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_secret_that_is_none_names_how_to_make_one(tmp_path: Path, secret: str) -> None:
    secrets, _ = mounted(tmp_path, secret)
    with pytest.raises(SetupError, match="openssl rand -hex 32"):
        prepare_home(tmp_path / "home", secrets, None, silent)


def test_a_home_without_secrets_makes_its_own(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home", None, None, silent)
    assert len(home.pepper()) == 32


def test_the_state_s_node_has_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"pk_default_{'a' * 8}_{'b' * 32}"
    monkeypatch.setenv("PODIUM_API_KEY", key)
    home = prepare_home(tmp_path / "home", mounted(tmp_path)[0], None, silent)
    said: list[str] = []
    prepare_state(home, Settings(), said.append)
    assert home.first_key.read_text().strip() == key
    prepare_state(home, Settings(), said.append)
    assert not any("ignored" in line for line in said)
    monkeypatch.setenv("PODIUM_API_KEY", f"pk_default_{'c' * 8}_{'d' * 32}")
    prepare_state(home, Settings(), said.append)
    assert any("ignored" in line for line in said)


def test_a_node_joins_with_the_token_of_the_head(tmp_path: Path) -> None:
    first = make_run_folder(Home(tmp_path / "first"))
    try:
        token = joining_token(first.token)
        other = make_run_folder(Home(tmp_path / "other"), token)
        try:
            assert other.token.read_bytes() == first.token.read_bytes()
            assert stat.S_IMODE(other.token.stat().st_mode) == 0o600
        finally:
            other.remove()
    finally:
        first.remove()
    with pytest.raises(SetupError, match="RAY_AUTH_TOKEN_PATH"):
        joining_token(first.token)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SetupError, match="is empty"):
        joining_token(tmp_path / "empty")
