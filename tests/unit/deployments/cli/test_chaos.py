"""`podium chaos` breaks nothing that nobody asked it to break."""

from __future__ import annotations

from pathlib import Path

from tests.unit.deployments.cli.served import Cli


def test_a_home_is_not_broken_without_the_word(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("chaos", "--home", str(tmp_path), "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "--yes-break-this-one")
    outcome = cli("chaos", "--yes-break-this-one", "--json")
    assert (outcome.code, outcome.json()["error"]["param"]) == (2, "--home")


def test_nothing_that_runs_is_said(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("chaos", "--home", str(tmp_path), "--yes-break-this-one", "--json")
    assert (outcome.code, outcome.json()["error"]["code"]) == (3, "unreachable")
