"""A Podium that is stopped right after calls: all they used is counted, nothing of it is left."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine

from deployments.home import Home
from router.budget import Unit, Window
from router.costs import CostQuery
from router.ledger_reader.sqlite_source import SqliteSource
from router.store.engine import open_sqlite
from router.store.records import Spending
from router.store.sql_budgets import SqlBudgetStore
from router.store.sql_costs import SqlCostStore
from tests.serve.instance import Instance, run, start
from tests.serve.test_lifecycle import SMALL, left_of, processes_of, run_folder_of

PATIENCE_S = 60.0
TENANT = "stopped"
BODY = {"model": "embed", "input": "a few words"}
NOTHING_YET = Spending(TENANT, "", Unit.TOKENS, Window.DAY, 0.0, 0, 0)
EVER = CostQuery("2000-01-01", "9999-12-31", tenant=TENANT)


class Caller(threading.Thread):
    """Asks one call after another until nobody answers: `answered` calls of `used` tokens."""

    def __init__(self, client: httpx2.Client) -> None:
        super().__init__(daemon=True)
        self.used = self.answered = 0
        self._client = client

    def run(self) -> None:
        while (answer := self._asked()) is not None and answer.status_code == 200:
            self.used += int(answer.json()["usage"]["total_tokens"])
            self.answered += 1

    def _asked(self) -> httpx2.Response | None:
        try:
            return self._client.post("/v1/embeddings", json=BODY)
        except httpx2.TransportError:
            return None


@pytest.mark.timeout(600)
def test_nothing_is_left_but_what_the_last_calls_used(tmp_path: Path) -> None:
    """Presence: up to the stop calls are answered, and State knows only what they may use."""
    instance = start(tmp_path / "home", more=SMALL)
    run_folder = run_folder_of(instance.home)
    assert len(processes_of(instance.home)) > 3 and run_folder.is_dir()
    try:
        with client(instance, instance.key) as admin:
            wanted = {"tenant": TENANT, "scopes": ["infer"], "tokens_per_day": 10**9}
            key = admin.post("/v1/admin/keys", json=wanted).json()["key"]
        with client(instance, key) as asking:
            caller = Caller(asking)
            caller.start()
            wait_until_held(instance.home)
            assert run("down", home=instance.home).returncode == 0
            caller.join(PATIENCE_S)
    finally:
        instance.stop()
    nothing_is_left(instance, run_folder)
    assert caller.answered > 0
    now = standing(instance.home)
    assert now.held == 0 and now.spent >= caller.used
    with opened(instance.home) as engine:
        (told,) = SqlCostStore(engine).sums(EVER)
    assert told.calls >= caller.answered
    assert told.prompt_tokens == now.spent
    with SqliteSource(Home(instance.home).ledger).open() as ledger:
        decided = sum(json.loads(row.body)["kind"] == "decision" for row in ledger.records())
    assert decided >= told.calls


def nothing_is_left(instance: Instance, run_folder: Path) -> None:
    """No process, folder, file or port of it."""
    assert not left_of(instance.home)
    assert not run_folder.exists()
    assert not (instance.home / "run.json").exists()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(instance.base_url.rsplit(":", 1)[1])))


def client(instance: Instance, key: str) -> httpx2.Client:
    """A client with this key."""
    return httpx2.Client(
        base_url=instance.base_url,
        headers={"authorization": f"Bearer {key}"},
        timeout=PATIENCE_S,
        trust_env=False,
    )


@contextmanager
def opened(home: Path) -> Iterator[Engine]:
    """The home's database."""
    engine = open_sqlite(Home(home).database)
    yield engine
    engine.dispose()


def standing(home: Path) -> Spending:
    """What is spent and held of the only budget."""
    with opened(home) as engine:
        return next(iter(SqlBudgetStore(engine).spent(time.time(), TENANT)), NOTHING_YET)


def wait_until_held(home: Path) -> None:
    """Return when calls are answered on what was taken ahead."""
    until = time.monotonic() + PATIENCE_S
    while not standing(home).held:
        assert time.monotonic() < until
        time.sleep(0.02)
