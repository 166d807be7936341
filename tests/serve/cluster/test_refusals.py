"""What a cluster can't do is refused with the field and the fix, and what runs goes on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.serve.cluster.nodes import ROLE
from tests.serve.cluster.site import Site, arguments, chat
from tests.serve.cluster.test_changes import pids

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(600)]

FAILED_S = 90.0


def test_a_placement_that_no_node_has_is_named_with_those_there_are(site: Site) -> None:
    config = site.config()
    assert checked(site, config) == (0, "")
    arguments(config)["placement"]["egress"] = {ROLE: "outside"}
    code, said = checked(site, config)
    assert code == 2
    assert "placement.egress asks for podium.io/role=outside" in said
    assert "podium.io/role=egress" in said and "ray start --labels" in said


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gatewy": {}}, "gatewy"),
        ({"models": ["mistral", "embed", "mistral"]}, "names 'mistral' twice"),
    ],
)
def test_without_the_check_serve_refuses_it_and_what_runs_goes_on(
    site: Site, change: dict[str, Any], named: str
) -> None:
    before, config = pids(site), site.config()
    arguments(config).update(change)
    code, said = checked(site, config)
    assert code == 2 and named in said
    site.deploy(config)
    until = time.monotonic() + FAILED_S
    while "DEPLOY_FAILED" not in (told := site.told()):
        assert time.monotonic() < until, told
    assert named in " ".join(told.split())
    with site.client() as client:
        assert client.post("/v1/chat/completions", json=chat("mistral")).status_code == 200
    assert pids(site) == before


def checked(site: Site, config: dict[str, Any]) -> tuple[int, str]:
    """The exit code of `podium cluster check`, and what it holds against the configuration."""
    done = site.cluster.tool("podium", "cluster", "check", str(site.write(config)))
    return done.returncode, "" if done.returncode == 0 else " ".join(done.stderr.split())
