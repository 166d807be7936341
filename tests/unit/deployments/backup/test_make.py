"""A copy of a home: what is in it, of one moment, private, whole or not there."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from deployments.backup.archive import open_archive
from deployments.backup.database_copy import copy_database
from deployments.backup.make import back_up
from deployments.backup.manifest import Manifest
from deployments.backup.progress import Progress
from deployments.home import Home
from models.errors import SetupError
from tests.unit.deployments.backup.conftest import MADE, SILENT


def copy(home: Home, file: Path, **more: bool) -> Manifest:
    return back_up(home, file, now=MADE, environ={}, progress=SILENT, **more)


def test_it_holds_the_home_and_nothing_of_what_runs(home: Home, tmp_path: Path) -> None:
    manifest = copy(home, tmp_path / "copy.zip")
    assert set(manifest.files) == {
        "VERSION", "key_secret", "first_key", "policy.yaml", "assets/ab/abcd.png",
        "collections/retrieval.db", "state.sqlite", "ledger.sqlite",
    }  # fmt: skip
    assert list(manifest.files)[-1] == "ledger.sqlite"
    assert manifest.ledger_head is not None
    assert (home.run / "provider_keys").read_text().count("sk-canary") == 1
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert not any(b"sk-canary" in archive.read(name) for name in archive.namelist())
    with open_archive(tmp_path / "copy.zip") as opened:
        opened.check(SILENT.advance)
        assert opened.manifest == manifest


def test_it_is_private_and_leaves_nothing_beside(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    copy(home, folder / "copy.zip")
    assert [path.name for path in folder.iterdir()] == ["copy.zip"]
    assert stat.S_IMODE((folder / "copy.zip").stat().st_mode) == 0o600


def test_a_copy_that_fails_leaves_the_older_one(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    copy(home, folder / "copy.zip")
    before = (folder / "copy.zip").read_bytes()
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with home.database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))
    with pytest.raises(SetupError, match=r"state\.sqlite"):
        copy(home, folder / "copy.zip", replace=True)
    assert (folder / "copy.zip").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["copy.zip"]


def test_a_file_that_is_there_is_not_replaced_unasked(home: Home, tmp_path: Path) -> None:
    copy(home, tmp_path / "copy.zip")
    with pytest.raises(SetupError, match="there already"):
        copy(home, tmp_path / "copy.zip")
    copy(home, tmp_path / "copy.zip", replace=True)
    (tmp_path / "folder").mkdir()
    with pytest.raises(SetupError, match="is a folder"):
        copy(home, tmp_path / "folder", replace=True)


def test_a_place_in_the_home_is_refused(home: Home) -> None:
    with pytest.raises(SetupError, match="outside"):
        copy(home, home.path / "copy.zip")
    home.backups.mkdir()
    copy(home, home.backups / "copy.zip")


def test_no_home_and_a_newer_one_are_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no Podium home"):
        copy(Home(tmp_path / "nothing"), tmp_path / "copy.zip")
    home.version_file.write_text("99\n")
    with pytest.raises(SetupError, match="version 99"):
        copy(home, tmp_path / "copy.zip")
    assert not (tmp_path / "copy.zip").exists()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, ()),
        ({"PODIUM_POLICY": "/etc/podium/policy.yaml"}, ("policy: /etc/podium/policy.yaml",)),
        ({"PODIUM_CATALOG": '["/srv/rows"]'}, ("catalog: /srv/rows",)),
    ],
)
def test_what_lies_elsewhere_is_named(
    home: Home, tmp_path: Path, environ: Mapping[str, str], told: tuple[str, ...]
) -> None:
    manifest = back_up(home, tmp_path / "c.zip", now=MADE, environ=environ, progress=SILENT)
    assert manifest.elsewhere == told


def test_what_lies_in_postgresql_is_named(home: Home, tmp_path: Path) -> None:
    for variable, what in (("PODIUM_LEDGER", "ledger"), ("PODIUM_RETRIEVER__STORE", "documents")):
        environ = {variable: "postgresql://podium@db/kept"}
        target = tmp_path / f"{what}.zip"
        (told,) = back_up(home, target, now=MADE, environ=environ, progress=SILENT).elsewhere
        assert told.startswith(f"{what}: ")
        assert "PostgreSQL" in told


def test_links_are_followed_and_circles_end(home: Home, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "mine.yaml").write_text("id: mine\n")
    (home.catalog / "more").symlink_to(tmp_path / "rows")
    (home.catalog / "circle").symlink_to(home.path)
    files = copy(home, tmp_path / "copy.zip").files
    assert "catalog/more/mine.yaml" in files
    assert not any("circle" in name for name in files)


def test_progress_comes_to_its_total(home: Home, tmp_path: Path) -> None:
    total, done = [0], [0]

    def advance(more: int) -> None:
        done[0] += more

    progress = Progress(lambda told: total.__setitem__(0, told), advance)
    back_up(home, tmp_path / "c.zip", now=MADE, environ={}, progress=progress)
    assert done[0] > 0
    assert abs(done[0] - total[0]) < 200_000  # Logs beside the databases count once only.


def test_a_database_under_write_is_of_one_moment(tmp_path: Path) -> None:
    """Every transaction adds a row to both tables: a copy with unequal counts is of two moments."""
    path, stop = tmp_path / "busy.sqlite", threading.Event()
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.executescript("CREATE TABLE a (x BLOB); CREATE TABLE b (x BLOB);")
        made.executemany("INSERT INTO a VALUES (?)", [(b"x" * 4000,)] * 9000)
        made.executemany("INSERT INTO b VALUES (?)", [(b"x" * 4000,)] * 9000)
        made.commit()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as writer:
            while not stop.is_set():
                writer.execute("INSERT INTO a VALUES (?)", (b"y" * 4000,))
                writer.execute("INSERT INTO b VALUES (?)", (b"y" * 4000,))
                writer.commit()

    thread = threading.Thread(target=write)
    thread.start()
    pieces: list[int] = []
    try:
        copy_database(path, tmp_path / "copy.sqlite", pieces.append)
    finally:
        stop.set()
        thread.join()
    assert len(pieces) > 1
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as made:
        (a,), (b,) = (made.execute(f"SELECT count(*) FROM {t}").fetchone() for t in "ab")  # noqa: S608
    assert a == b >= 9000
