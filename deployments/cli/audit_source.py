"""Which ledger an audit reads: a home's, stopped or running, or one that lies elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployments.cli.target import home_of
from deployments.home import Home
from deployments.home_lock import holder_of
from models.errors import SetupError
from router.ledger_reader.jsonl_source import JsonlSource
from router.ledger_reader.postgres_source import PostgresSource
from router.ledger_reader.source import Source
from router.ledger_reader.sqlite_source import SqliteSource

_SQLITE = b"SQLite format 3\0"
_SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Audited:
    """`told` says which ledger is read; `secret` is the home's, where it is known."""

    source: Source
    kind: str
    told: str
    secret: bytes | None = field(default=None, repr=False)
    running: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return {"kind": self.kind, "running": self.running}


def find_ledger(file: str | None, home_path: Path | None) -> Audited:
    """The ledger named by `file`, else the home's; SetupError when there is none."""
    if file is None:
        return _of_home(home_of(home_path))
    # With --home as well, its secret authenticates a ledger that lies elsewhere.
    secret = _secret(home_of(home_path)) if home_path is not None else None
    if file.startswith(_SCHEMES):
        return Audited(PostgresSource(file), "postgresql", "Reading PostgreSQL.", secret)
    path = Path(file)
    try:
        with path.open("rb") as opened:
            start = opened.read(len(_SQLITE))
    except OSError as error:
        raise SetupError(f"{path} can't be read: {error.strerror}.", param="--file") from error
    told = f"Reading the file {path}."
    if start.startswith(b"{"):
        return Audited(JsonlSource(path), "jsonl", told, secret)
    return Audited(SqliteSource(path), "sqlite", told, secret)


def _of_home(home: Home) -> Audited:
    url = _url(home)
    if url is None and not home.ledger.is_file():
        raise SetupError(
            f"There is no ledger in {home.path}; one is made by the first `podium up`. Name the"
            " folder with --home, or a ledger elsewhere with --file.",
            param="--home",
        )
    holder = holder_of(home)
    state = f"Podium runs there (pid {holder})" if holder else "no Podium runs there"
    place = f"{home.path}, which lies in PostgreSQL" if url else str(home.path)
    return Audited(
        PostgresSource(url) if url else SqliteSource(home.ledger),
        "postgresql" if url else "sqlite",
        f"Reading the ledger of {place}; {state}.",
        _secret(home),
        holder is not None,
    )


def _url(home: Home) -> str | None:
    """Where the settings say that the ledger lies, None for the home itself."""
    if not home.settings.is_file() and "PODIUM_LEDGER" not in os.environ:
        return None
    from deployments.settings import load_settings

    return load_settings({}, os.environ, home.settings).ledger


def _secret(home: Home) -> bytes | None:
    """The home's secret, None without one; unlike `pepper()`, this makes nothing."""
    try:
        return home.secret_file.read_bytes()
    except OSError:
        return None
