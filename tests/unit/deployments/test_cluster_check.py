"""A cluster without a token, or without a node for a placement, is refused before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.cluster_check import check_auth, check_host, check_nodes, check_silence, labels_of
from deployments.config_check import host_in_file
from deployments.ray_environment import SILENT_VARIABLE
from deployments.settings import Settings
from models.errors import InvalidConfig, SetupError

SETTINGS = Settings.model_validate(
    {"placement": {"models": {"podium.io/role": "models"}, "egress": {"podium.io/role": "egress"}}}
)
NODES = [
    {"Alive": True, "Labels": {"ray.io/node-id": "a", "podium.io/role": "models", "zone": "x"}},
    {"Alive": True, "Labels": {"ray.io/node-id": "b"}},
    {"Alive": False, "Labels": {"podium.io/role": "egress"}},
]


def test_a_node_that_lacks_is_named_with_the_placement_and_those_there_are() -> None:
    with pytest.raises(InvalidConfig, match=r"podium\.io/role=egress, which no node") as raised:
        check_nodes(SETTINGS, labels_of(NODES))
    assert raised.value.param == "placement.egress"
    assert "podium.io/role=models, zone=x; (no labels)" in raised.value.message
    NODES[2]["Alive"] = True
    check_nodes(SETTINGS, labels_of(NODES))
    NODES[2]["Alive"] = False


def test_where_nothing_is_placed_any_node_will_do() -> None:
    check_nodes(Settings(), ())


@pytest.mark.parametrize("environ", [{}, {"RAY_AUTH_MODE": "disabled"}])
def test_a_cluster_without_a_token_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SetupError, match="asks nobody for a token") as raised:
        check_auth(environ)
    assert raised.value.param == "RAY_AUTH_MODE"
    check_auth({"RAY_AUTH_MODE": "token"})


def test_a_request_longer_than_haproxy_waits_is_refused() -> None:
    settings = Settings.model_validate({"gateway": {"limits": {"request_seconds": 600}}})
    for environ in ({}, {SILENT_VARIABLE: "600"}):
        check_silence(settings, environ)
    with pytest.raises(InvalidConfig, match=f"{SILENT_VARIABLE} to 630") as raised:
        check_silence(settings, {SILENT_VARIABLE: "330"})
    assert raised.value.param == "gateway.limits.request_seconds"


def test_gateways_on_loopback_of_several_machines_are_refused() -> None:
    """No other node's proxy would reach them; everywhere, or on one machine, they are reached."""
    one, other = ({"Alive": True, "NodeManagerAddress": f"127.0.0.{last}"} for last in (2, 3))
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(
            InvalidConfig, match=r"at 127\.0\.0\.2, 127\.0\.0\.3.* to 0\.0\.0\.0"
        ) as raised:
            check_host(host, [one, other])
        assert raised.value.param == "http_options.host"
        check_host(host, [one, one, other | {"Alive": False}])
    for host in ("0.0.0.0", None):  # noqa: S104 - judged, not bound
        check_host(host, [one, other])


def test_where_serve_listens_is_read_from_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "serve_config.yaml"
    for options, host in (("{host: 127.0.0.9}", "127.0.0.9"), ("{port: 8000}", None)):
        file.write_text(f"http_options: {options}\napplications: []\n")
        assert host_in_file(file) == host
