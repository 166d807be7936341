"""`podium audit` over the ledger of a stopped home, with no server anywhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deployments.home import Home
from deployments.home_lock import lock_home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from router.ledger.record import Record
from tests.postgres_server import missing, postgres_server
from tests.unit.deployments.cli.served import Cli


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "home")
    with closing(open_ledger(home)) as ledger:
        for n in range(3):
            ledger.note(Record("admin", "acme", 1_790_000_000.0 + n, {"act": "key_created"}))
    return home


def change(home: Home, statement: str) -> None:
    with closing(sqlite3.connect(home.ledger)) as connection, connection:
        connection.execute(statement)


def test_verify_says_what_holds_and_where_it_looked(cli: Cli, home: Home) -> None:
    outcome = cli("audit", "verify", "--home", str(home.path), "--json")
    found = outcome.json()
    head = found.pop("head")
    assert (outcome.code, found) == (
        0,
        {"ok": True, "records": 3, "segments": 0, "first_bad": None, "anchored": False,
         "authenticated": True, "source": {"kind": "sqlite", "running": False}},
    )  # fmt: skip
    assert "no Podium runs there" in outcome.err
    anchor = f"{head['seq']}:{head['hash']}"
    told = cli("audit", "verify", "--home", str(home.path), "--anchor", anchor)
    assert told.code == 0
    assert f"head: {anchor}" in told.out
    assert "anchor met: yes" in told.out


def test_verify_of_a_running_home_says_so(cli: Cli, home: Home) -> None:
    with lock_home(home):
        outcome = cli("audit", "verify", "--home", str(home.path), "--json")
    assert outcome.json()["source"]["running"] is True


def test_the_first_bad_record_is_named_with_exit_1(cli: Cli, home: Home) -> None:
    where = ["--home", str(home.path)]
    assert cli("audit", "verify", *where).code == 0
    change(home, "UPDATE ledger_records SET body = replace(body, 'acme', 'evil') WHERE seq = 2")
    outcome = cli("audit", "verify", *where, "--json")
    assert outcome.code == 1
    assert outcome.json()["first_bad"] == {"seq": 2, "why": "hash does not match the record"}
    assert "does not hold: record 2" in cli("audit", "verify", *where).out
    told = cli("audit", "report", "--left-cluster", *where, "--json")
    assert (told.code, told.json()["ok"], told.json()["left"]) == (1, False, None)


def test_the_report_says_that_nothing_left(cli: Cli, home: Home) -> None:
    words = ["audit", "report", "--left-cluster", "--home", str(home.path)]
    outcome = cli(*words, "--from", "2026-09-01", "--to", "2026-10-01T12:00:00Z", "--json")
    told = outcome.json()
    assert (outcome.code, told["left"], told["records"], told["intents"]) == (0, False, 3, 0)
    assert (told["from"], told["to"]) == (
        "2026-09-01T00:00:00.000+00:00",
        "2026-10-01T12:00:00.000+00:00",
    )
    assert cli(*words).out.startswith("Nothing left")


def test_an_export_is_jsonl_that_verifies(cli: Cli, home: Home, tmp_path: Path) -> None:
    outcome = cli("audit", "export", "--format", "jsonl", "--home", str(home.path))
    file = tmp_path / "ledger.jsonl"
    file.write_text(outcome.out)
    verify = ["audit", "verify", "--file", str(file), "--json"]
    assert cli(*verify).json()["authenticated"] is False
    # With --home as well, its secret authenticates what lies elsewhere.
    assert cli(*verify, "--home", str(home.path)).json()["authenticated"] is True
    file.write_text(outcome.out.replace("acme", "evil", 1))
    assert cli(*verify).json()["first_bad"]["seq"] == 1


def test_a_copy_of_the_file_is_read_where_it_lies(cli: Cli, home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(home.ledger.read_bytes())
    assert cli("audit", "verify", "--file", str(copy), "--json").json()["records"] == 3


def test_a_home_whose_ledger_lies_in_postgresql(
    cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    where = ["audit", "verify", "--home", str(home.path), "--json"]
    assert cli(*where).json()["records"] == 3
    with postgres_server() as url:
        parts = urlsplit(url)
        monkeypatch.setenv("PGPASSWORD", parts.password or "")
        address = f"postgresql://{parts.username}@{parts.hostname}:{parts.port}/postgres"
        home.settings.write_text(f"ledger: {address}\n")
        with closing(open_ledger(home, address)) as ledger:
            ledger.note(Record("admin", "acme", 1.0))
        found = cli(*where).json()
    assert (found["ok"], found["records"], found["authenticated"]) == (True, 1, True)
    assert found["source"]["kind"] == "postgresql"
    home.settings.write_text(f"ledger: {url}\n")
    refused = cli(*where)
    assert (refused.code, refused.json()["error"]["param"]) == (2, "ledger")
    assert (parts.password or "") not in refused.out + refused.err


@pytest.mark.parametrize(
    ("words", "param"),
    [
        (["verify"], "--home"),
        (["verify", "--file", "/no/such/file"], "--file"),
        (["verify", "--anchor", "3:abc"], "--anchor"),
        (["report"], "--left-cluster"),
        (["report", "--left-cluster", "--from", "yesterday"], "--from"),
        (["export", "--format", "xml"], "--format"),
    ],
)
def test_wrong_usage_exits_2(cli: Cli, home: Home, words: list[str], param: str) -> None:
    where = [] if param == "--home" else ["--home", str(home.path)]
    outcome = cli("audit", *words, *where, "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, param)


def test_something_else_than_a_ledger_does_not_hold(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("just text")
    outcome = cli("audit", "verify", "--file", str(file), "--json")
    assert outcome.code == 1
    assert "SQLITE_NOTADB" in outcome.json()["first_bad"]["why"]


def test_auditing_makes_no_secret_and_no_ledger(cli: Cli, tmp_path: Path) -> None:
    home = open_home(tmp_path / "fresh")
    before = sorted(path.name for path in home.path.iterdir())
    assert cli("audit", "verify", "--home", str(home.path)).code == 2
    assert sorted(path.name for path in home.path.iterdir()) == before
