"""The home: private, versioned, migrated after a copy, one instance at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.first_key import ensure_first_key
from deployments.home import HOME_VERSION, Home, default_home
from deployments.home_lock import lock_home
from deployments.open_home import home_version, open_home
from deployments.run_file import Running, read_running, remove_running, write_running
from models.errors import AuthenticationFailed, InvalidConfig, SetupError
from router.store.migrate import newest_revision
from router.store.state import NewKey, State

BROUGHT = "pk_acme_abcd1234_" + "S" * 32


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private_and_says_its_version(tmp_path: Path) -> None:
    home = open_home(tmp_path / "a" / "home")
    assert home_version(home) == HOME_VERSION
    assert {mode(path) for path in (home.path, home.catalog, home.run)} == {0o700}
    assert mode(home.version_file) == 0o600
    assert open_home(home.path) == home


def test_a_home_open_to_others_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.mkdir(mode=0o777)
    path.chmod(0o755)
    open_home(path)
    assert mode(path) == 0o700


def test_a_folder_of_other_things_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("chapter one")
    with pytest.raises(SetupError, match=r"thesis\.txt"):
        open_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_path_that_is_a_file_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError) as caught:
        open_home(tmp_path / "file" / "home")
    assert caught.value.param == "home"


def test_a_newer_home_is_refused(tmp_path: Path) -> None:
    open_home(tmp_path, version=7)
    with pytest.raises(SetupError, match="version 7"):
        open_home(tmp_path, version=6)
    assert home_version(Home(tmp_path)) == 7


def test_an_older_home_is_copied_then_migrated(tmp_path: Path) -> None:
    home = open_home(tmp_path, version=1)
    (home.catalog / "mine.yaml").write_text("old")
    (home.logs / "podium.log").write_text("log")

    def rewrite(target: Home) -> None:
        (target.catalog / "mine.yaml").write_text("new")

    open_home(tmp_path, version=3, steps={1: rewrite}, clock=lambda: 0.0)
    assert home_version(home) == 3
    assert (home.catalog / "mine.yaml").read_text() == "new"
    copy = home.backups / "version-1-19700101T000000Z"
    assert (copy / "catalog" / "mine.yaml").read_text() == "old"
    assert (copy / "VERSION").read_text() == "1\n"
    assert not (copy / "logs").exists()


def test_a_migration_that_fails_keeps_the_version_and_names_the_copy(tmp_path: Path) -> None:
    home = open_home(tmp_path, version=1)

    def fail(_: Home) -> None:
        raise ValueError("broken")

    with pytest.raises(SetupError, match="version-1-"):
        open_home(tmp_path, version=2, steps={1: fail})
    assert home_version(home) == 1


def test_a_home_in_use_is_not_migrated(tmp_path: Path) -> None:
    home = open_home(tmp_path, version=1)
    with lock_home(home), pytest.raises(SetupError, match=str(os.getpid())):
        open_home(tmp_path, version=2)
    assert home_version(home) == 1
    open_home(tmp_path, version=2)
    assert home_version(home) == 2


def test_every_schema_change_raises_the_homes_version() -> None:
    assert newest_revision() <= HOME_VERSION


def test_a_second_process_is_refused_and_a_killed_one_frees_the_home(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    script = (
        "import sys, pathlib\n"
        "from deployments.home import Home\n"
        "from deployments.home_lock import lock_home\n"
        "with lock_home(Home(pathlib.Path(sys.argv[1]))):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SetupError, match=f"pid {holder.pid}"), lock_home(home):
            pass
        holder.kill()
    with lock_home(home):
        assert home.lock_file.read_text() == f"{os.getpid()}\n"


def test_run_json_is_believed_only_while_its_process_lives(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    running = Running(os.getpid(), "http://127.0.0.1:8000", 12.5)
    write_running(home, running)
    assert read_running(home) == running
    gone = subprocess.Popen(["true"])
    gone.wait()
    write_running(home, Running(gone.pid, running.base_url, 1.0))
    assert read_running(home) is None
    home.run_file.write_text("{half")
    assert read_running(home) is None
    remove_running(home)
    remove_running(home)
    assert read_running(home) is None


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    assert home.pepper() == home.pepper()
    assert len(home.pepper()) == 32
    assert mode(tmp_path / "key_secret") == 0o600
    (tmp_path / "key_secret").write_bytes(b"short")
    with pytest.raises(SetupError, match="damaged"):
        home.pepper()


def test_the_first_key_is_left_for_its_owner(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    state = State.open(home.database, home.pepper())
    first = ensure_first_key(home, state)
    assert first.text is not None
    assert state.verify(first.text)
    assert home.first_key.read_text() == f"{first.text}\n"
    assert mode(home.first_key) == 0o600
    assert ensure_first_key(home, state) == first


def test_a_brought_key_is_adopted_by_a_fresh_home_only(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    state = State.open(home.database, home.pepper())
    with pytest.raises(InvalidConfig):
        ensure_first_key(home, state, "sk-other")
    assert not home.first_key.exists()
    assert ensure_first_key(home, state, BROUGHT).text == BROUGHT
    assert not ensure_first_key(home, state, BROUGHT).ignored
    other = BROUGHT.replace("acme", "evil")
    assert ensure_first_key(home, state, other).ignored
    with pytest.raises(AuthenticationFailed):
        state.verify(other)
    second = str(state.create_key(NewKey("acme")))
    assert not ensure_first_key(home, state, second).ignored


def test_a_crash_between_file_and_table_is_mended(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    home.first_key.write_text(f"{BROUGHT}\n")
    state = State.open(home.database, home.pepper())
    assert ensure_first_key(home, state).text == BROUGHT
    assert state.verify(BROUGHT)


def test_the_default_follows_the_standard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home({}) == tmp_path / ".local" / "state" / "podium"
    assert default_home({"XDG_STATE_HOME": "/var/x"}) == Path("/var/x/podium")
    assert default_home({"XDG_STATE_HOME": "relative"}) == default_home({})
