"""Brings a database to the newest schema, and refuses one from a newer Podium."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from models.errors import SetupError


def newest_revision() -> int:
    """The schema revision this code writes; revisions count up from 1."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return int(head) if head else 0


def revision_of(engine: Engine) -> int:
    """The revision the database is at, 0 for an empty one."""
    with engine.connect() as connection:
        return _revision(connection)


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction; SetupError for a newer database."""
    with engine.begin() as connection:
        found, newest = _revision(connection), newest_revision()
        if found > newest:
            raise SetupError(
                f"The database has schema {found} and this Podium knows {newest}. "
                "Install the Podium that wrote it, or a newer one."
            )
        if found < newest:
            command.upgrade(_config(connection), "head")


def _revision(connection: Connection) -> int:
    current = MigrationContext.configure(connection).get_current_revision()
    return int(current) if current else 0


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("router.store") / "migrations"))
    config.attributes["connection"] = connection
    return config
