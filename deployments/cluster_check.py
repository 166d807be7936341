"""Whether a running Ray cluster may and can take this configuration in, before it does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from deployments.ray_environment import SILENT_S, SILENT_VARIABLE
from deployments.settings import Settings
from deployments.wire.peer import is_loopback
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


def check_silence(settings: Settings, environ: Mapping[str, str]) -> None:
    """Raise InvalidConfig where Serve's HAProxy gives a request up before its time is over."""
    longest, waits = settings.gateway.limits.request_seconds, environ.get(SILENT_VARIABLE)
    if waits is not None and float(waits) < longest:
        raise InvalidConfig(
            f"gateway.limits.request_seconds is {longest:g}, and HAProxy gives up a gateway that is"
            f" silent for {waits} s. Allow less, or set {SILENT_VARIABLE} to"
            f" {math.ceil(longest + SILENT_S)} on every node before `ray start`.",
            param="gateway.limits.request_seconds",
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


def check_host(host: str | None, nodes: Iterable[Mapping[str, Any]]) -> None:
    """Raise InvalidConfig where gateways listen on loopback and proxies of other nodes ask them.

    `host` is that of `http_options`, `nodes` as `ray.nodes()` tells them.
    """
    addresses = sorted({str(node["NodeManagerAddress"]) for node in nodes if node.get("Alive")})
    if host is not None and is_loopback(host) and len(addresses) > 1:
        raise InvalidConfig(
            f"http_options.host is {host}, and this cluster has nodes at {', '.join(addresses)}:"
            " the proxy of one reaches no gateway of another. Set http_options.host to 0.0.0.0, and"
            " let a firewall or a network policy close the port to those who are not to ask.",
            param="http_options.host",
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
