"""Migrations: they lead to exactly the declared tables, and a newer database is refused."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from models.errors import SetupError
from router.store.engine import open_sqlite
from router.store.migrate import newest_revision, revision_of, upgrade
from router.store.tables import metadata


def test_the_migrations_lead_to_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)
        connection.execute(text("ALTER TABLE keys ADD COLUMN surplus TEXT"))
        assert compare_metadata(MigrationContext.configure(connection), metadata)


def test_an_empty_database_is_brought_up_and_then_left_alone(tmp_path: Path) -> None:
    engine = open_sqlite(tmp_path / "new.sqlite")
    assert revision_of(engine) == 0
    upgrade(engine)
    assert revision_of(engine) == newest_revision()
    upgrade(engine)
    assert revision_of(engine) == newest_revision()


def test_a_newer_database_is_refused_untouched(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999'"))
    with pytest.raises(SetupError, match="newer"):
        upgrade(engine)
    assert revision_of(engine) == 999


def test_commits_are_synced_and_logged_ahead(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_only_the_owner_reads_the_database_and_its_log(tmp_path: Path) -> None:
    path = tmp_path / "private.sqlite"
    engine = open_sqlite(path)
    upgrade(engine)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("private*")}
    assert "private.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}
    engine.dispose()
