"""A home made of a copy: verified before anything is replaced, migrated, the old one kept."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from deployments.backup.archive import open_archive
from deployments.backup.make import back_up
from deployments.backup.restore import Restored, restore
from deployments.home import HOME_VERSION, Home
from deployments.home_lock import lock_home
from deployments.open_home import home_version
from models.errors import SetupError
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import Anchor, verify
from router.store.state import State
from tests.unit.deployments.backup.conftest import MADE, SILENT
from tests.unit.retrieval.writing import new_store


@pytest.fixture
def copy(home: Home, tmp_path: Path) -> Path:
    file = tmp_path / "copy.zip"
    back_up(home, file, now=MADE, environ={}, progress=SILENT)
    return file


def put_back(file: Path, path: Path, *, force: bool = False) -> Restored:
    with open_archive(file) as archive:
        return restore(archive, path, force=force, now=MADE + 60, progress=SILENT)


def test_keys_documents_pictures_and_ledger_are_there_again(
    home: Home, copy: Path, tmp_path: Path
) -> None:
    done = put_back(copy, tmp_path / "far" / "again")
    again = done.home
    assert State.open(again.database, again.pepper()).verify(home.first_key.read_text().strip())
    store = new_store(again.collections)
    assert [one.id for one in store.documents("kb")] == ["a.md"]
    store.close()
    assert (again.assets / "ab" / "abcd.png").read_bytes() == b"picture"
    assert again.policy.read_text() == "policy: mine\n"
    assert (done.kept, home_version(again)) == (None, HOME_VERSION)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in again.path.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["again"]


def test_the_ledger_holds_to_its_anchor_and_says_that_it_was_restored(
    copy: Path, tmp_path: Path
) -> None:
    done = put_back(copy, tmp_path / "again")
    head = done.manifest.ledger_head
    assert head is not None
    source = SqliteSource(done.home.ledger)
    verdict = verify(source, done.home.pepper(), Anchor(head.seq, head.hash))
    assert (verdict.ok, verdict.authenticated, verdict.anchored) == (True, True, True)
    assert verdict.records == head.seq + 1
    with source.open() as snapshot:
        *_, last = snapshot.records()
    assert '"home_restored"' in str(last.body)


def test_a_ledger_that_did_not_hold_is_told_and_left_as_it_is(home: Home, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home.ledger)) as connection, connection:
        connection.execute("UPDATE ledger_records SET hash = replace(hash, 'a', 'b')")
    back_up(home, tmp_path / "copy.zip", now=MADE, environ={}, progress=SILENT)
    done = put_back(tmp_path / "copy.zip", tmp_path / "again")
    assert done.ledger is not None
    assert not done.ledger.ok


def test_a_home_in_the_way_is_kept_beside(home: Home, copy: Path, tmp_path: Path) -> None:
    home.policy.write_text("policy: newer\n")
    with pytest.raises(SetupError, match="--force"):
        put_back(copy, home.path)
    assert home.policy.read_text() == "policy: newer\n"
    done = put_back(copy, home.path, force=True)
    assert done.kept is not None
    assert (done.kept / "policy.yaml").read_text() == "policy: newer\n"
    assert home.policy.read_text() == "policy: mine\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "copy.zip", "home", done.kept.name
    ]  # fmt: skip


def test_a_home_in_use_is_left_alone(home: Home, copy: Path) -> None:
    with lock_home(home), pytest.raises(SetupError, match="already runs"):
        put_back(copy, home.path, force=True)
    put_back(copy, home.path, force=True)


def test_an_empty_folder_is_no_hindrance(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert put_back(copy, tmp_path / "empty").kept is None


def test_a_link_to_a_home_stays_a_link(home: Home, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home.path)
    done = put_back(copy, tmp_path / "link", force=True)
    assert (tmp_path / "link").is_symlink()
    assert done.home.path == home.path


def test_an_older_home_is_migrated_on_its_way(home: Home, tmp_path: Path) -> None:
    home.version_file.write_text(f"{HOME_VERSION - 1}\n")
    back_up(home, tmp_path / "older.zip", now=MADE, environ={}, progress=SILENT)
    done = put_back(tmp_path / "older.zip", tmp_path / "again")
    assert home_version(done.home) == HOME_VERSION
    assert not done.home.backups.exists()
