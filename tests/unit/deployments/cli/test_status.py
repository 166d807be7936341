"""`podium status` as people read it."""

from __future__ import annotations

from tests.unit.deployments.cli.served import Cli, Podium, Reply


def test_names_stand_in_a_line_and_what_is_not_there_is_left_out(
    cli: Cli, podium: Podium, at: list[str]
) -> None:
    models = {"mistral": {"state": "ready", "held": None}}
    told = {"remote": "off", "models": models, "pipelines": ["support", "visit"], "outside": []}
    podium.on("GET", "/v1/status", Reply(told))
    assert cli("status", *at).out.splitlines() == [
        "remote: off",
        "models:",
        "  mistral:",
        "    state: ready",
        "pipelines: support, visit",
        "outside: none",
    ]
