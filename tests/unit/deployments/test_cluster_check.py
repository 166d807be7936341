"""A cluster without a token, or without a node for a placement, is refused before it starts."""

from __future__ import annotations

import pytest

from deployments.cluster_check import check_auth, check_nodes, labels_of
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
