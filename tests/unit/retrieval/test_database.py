"""Opening the database: durable, versioned, and never one that is not ours."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from models.errors import SetupError, Unavailable
from retrieval.database import open_database, reading, writing
from retrieval.errors import NewerSchema


def test_settings_are_durable(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.db")
    with reading(engine) as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()
    assert settings == ["wal", 2, 1]


def test_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_database(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()
    with pytest.raises(NewerSchema, match="update Podium"):
        open_database(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT value FROM meta").fetchall() == [("99",)]
    connection.close()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(SetupError):
        open_database(path)


def test_failed_write_leaves_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.db")
    insert = "INSERT INTO meta VALUES ('key', 'value')"
    with pytest.raises(RuntimeError), writing(engine) as connection:
        connection.exec_driver_sql(insert)
        raise RuntimeError
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM meta").scalar() == 1
    with writing(engine) as connection:
        connection.exec_driver_sql(insert)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM meta").scalar() == 2
    engine.dispose()


def test_trouble_with_the_file_is_said_without_sql(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.db")
    with pytest.raises(Unavailable) as caught, reading(engine) as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    engine.dispose()
    assert "SELECT" not in caught.value.message
