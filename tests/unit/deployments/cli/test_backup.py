"""`podium backup` and `podium restore` as a user types them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from deployments.ledger import open_ledger
from deployments.open_home import open_home
from router.ledger.record import Record
from tests.unit.deployments.cli.served import Cli


def test_a_home_goes_into_a_file_and_comes_back(cli: Cli, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    with closing(open_ledger(home)) as ledger:
        ledger.note(Record("admin", "acme", 1_790_000_000.0, {"act": "key_created"}))
    file, where = tmp_path / "copy.zip", ["--home", str(home.path)]
    made = cli("backup", str(file), *where, "--json").json()
    assert (made["ledger_head"]["seq"], made["elsewhere"]) == (1, [])

    checked = cli("restore", str(file), "--check")
    assert (checked.code, "whole" in checked.out) == (0, True)
    assert cli("restore", str(file), *where).code == 2
    told = cli("restore", str(file), *where, "--force")
    assert (told.code, "what was there before" in told.out) == (0, True)
    assert "ledger: 1 records hold" in told.out

    anchor = f"{made['ledger_head']['seq']}:{made['ledger_head']['hash']}"
    verified = cli("audit", "verify", *where, "--anchor", anchor, "--json").json()
    assert (verified["ok"], verified["anchored"], verified["records"]) == (True, True, 2)


def test_a_changed_copy_is_told_with_exit_2(cli: Cli, tmp_path: Path) -> None:
    home, file = open_home(tmp_path / "home"), tmp_path / "copy.zip"
    assert cli("backup", str(file), "--home", str(home.path)).code == 0
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    outcome = cli("restore", str(file), "--check", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "FILE")
