"""Whether a running Ray cluster may and can take this configuration in, before it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deployments.settings import Settings
from models.errors import InvalidConfig, SetupError

Labels = Mapping[str, str]


def check_auth(environ: Mapping[str, str]) -> None:
    """Raise SetupError unless Ray asks for a token: who reaches an open Ray owns the cluster."""
    if environ.get("RAY_AUTH_MODE") != "token":
        raise SetupError(
            "This Ray cluster asks nobody for a token (RAY_AUTH_MODE). Set RAY_AUTH_MODE=token and"
            " RAY_AUTH_TOKEN_PATH on every node before `ray start`; `podium cluster env` prints"
            " both, on Kubernetes `authOptions: {mode: token}` does it.",
            param="RAY_AUTH_MODE",
        )


def check_nodes(settings: Settings, nodes: Iterable[Labels]) -> None:
    """Raise InvalidConfig naming the first placement that no node has the labels for."""
    there = list(nodes)
    for name, wanted in settings.placement.model_dump().items():
        if wanted and not any(wanted.items() <= dict(labels).items() for labels in there):
            raise InvalidConfig(
                f"placement.{name} asks for {_said(wanted)}, which no node of the cluster has."
                f" Label one (`ray start --labels`, or `labels:` of its worker group), or change"
                f" placement.{name}. There are: {'; '.join(map(_said, there)) or 'no nodes'}.",
                param=f"placement.{name}",
            )


def labels_of(nodes: Iterable[Mapping[str, Any]]) -> tuple[Labels, ...]:
    """The labels of the nodes that live, as `ray.nodes()` tells them, Ray's own left out."""
    return tuple(
        {key: value for key, value in node.get("Labels", {}).items() if not key.startswith("ray.")}
        for node in nodes
        if node.get("Alive")
    )


def _said(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "(no labels)"
