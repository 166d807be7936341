"""What the ledger asks of a PostgreSQL server before it trusts it."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text

from models.errors import InvalidConfig, LedgerUnavailable, SetupError
from router.ledger.chain import open_postgres_chain
from router.ledger.postgres import postgres_engine
from router.ledger.record import Record
from router.ledger_reader.postgres_source import PostgresSource
from router.ledger_reader.verify import verify
from tests.postgres_server import missing, postgres_server

KEY = b"k" * 32
RECORD = Record("admin", "", 1.0)


def need_server() -> None:
    lacking = missing()
    if lacking:
        pytest.skip(lacking)


def test_a_server_that_does_not_sync_is_refused() -> None:
    need_server()
    with postgres_server("fsync=off") as url:
        chain = open_postgres_chain(url, KEY)
        with closing(chain), pytest.raises(SetupError, match="fsync"):
            chain.append([RECORD])


def test_a_default_that_does_not_wait_is_overruled_and_a_stop_is_unavailable() -> None:
    need_server()
    with postgres_server("synchronous_commit=off") as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
        engine = postgres_engine(url)
        with engine.connect() as held:
            assert held.execute(text("SHOW synchronous_commit")).scalar() == "on"
            driver = held.connection.driver_connection
            assert driver is not None
            waits = driver.info.get_parameters()
            assert (waits["connect_timeout"], waits["tcp_user_timeout"]) == ("10", "30000")
        engine.dispose()
        chain = open_postgres_chain(url, KEY)
        assert len(chain.append([RECORD])) == 1
    with closing(chain), pytest.raises(LedgerUnavailable) as refused:
        chain.append([RECORD])
    assert "podium:" not in refused.value.message
    assert "unreadable" in str(verify(PostgresSource(url)).first_bad)


def test_a_bad_url_is_named_and_not_repeated() -> None:
    with pytest.raises(InvalidConfig) as refused:
        postgres_engine("postgresql://me:hush@host:port/x")
    assert refused.value.param == "ledger"
    assert "hush" not in refused.value.message
