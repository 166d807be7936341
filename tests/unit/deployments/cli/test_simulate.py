"""`podium simulate`: figures, the same each time, and every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.deployments.cli.served import Cli

SHORT = ("--hours", "0.5", "--rate", "1", "--scaling", "max_replicas=3")


def test_it_compares_policies_and_is_the_same_each_time(cli: Cli, tmp_path: Path) -> None:
    saved, chart = tmp_path / "trace.csv", tmp_path / "chart.svg"
    words = ("simulate", *SHORT, "--json")
    found = cli(*words, "--save", str(saved), "--chart", str(chart)).json()
    names = [one["policy"] for one in found["policies"]]
    assert names == ["podium", "ray, 24 each", "ray, 2 each", "fixed 1", "fixed 3"]
    assert all(one["requests"] == found["requests"] for one in found["policies"])
    assert found["policies"][0]["course"][0] == [0.0, 1, 1]
    drawn = chart.read_text()
    assert drawn.count("<polyline") == len(names) and all(f">{name}:" in drawn for name in names)
    replayed = cli("simulate", "--trace", str(saved), *SHORT, "--json").json()
    assert replayed == found == cli(*words).json()
    assert cli(*words, "--seed", "2").json() != found


def test_it_shows_a_table_and_bars(cli: Cli) -> None:
    outcome = cli("simulate", *SHORT, "--fixed", "2", "--engine", "start_s=5")
    assert "fixed 2" in outcome.out
    assert "▇" in outcome.out or "█" in outcome.out
    assert "replaying" in outcome.err


def test_scaling_comes_from_a_config(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("scaling: {mistral: {max_replicas: 5, requests_each: 7}}\n")
    words = ("simulate", *SHORT[:4], "--config", str(config), "--fixed", "1", "--json")
    assert cli(*words).json()["scaling"]["requests_each"] == 7
    refused = cli(*words, "--model", "whisper")
    assert refused.code == 2
    assert "has no scaling for 'whisper'" in refused.out


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--pattern", "week"), "day, burst or flat"),
        (("--scaling", "replicas=3"), "replicas"),
        (("--scaling", "max_replicas"), "takes KEY=VALUE"),
        (("--engine", "step_s=0"), "step_s"),
        (("--trace", "none.csv"), "can't be read"),
        (("--rate", "0.0001", "--hours", "0.01"), "No request came"),
        (("--chart", "chart.png", *SHORT), "end in .svg"),
    ],
)
def test_what_cannot_be_simulated_is_refused(cli: Cli, words: tuple[str, ...], fault: str) -> None:
    refused = cli("simulate", *words)
    assert refused.code == 2
    assert fault in refused.err
