"""Kubernetes network policies made from the policy file: who may open a connection to whom.

Pure data in the shape of `networking.k8s.io/v1` NetworkPolicy, and of Cilium's `cilium.io/v2`,
which knows host names. What the policy lets out of no label gets no way out of the cluster either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from models.catalog import ModelCard
from models.remote.places import places
from router.label import LEAST
from router.policy import LOCAL, Policy

Manifest = dict[str, Any]

PART = {"app.kubernetes.io/part-of": "podium"}
EGRESS = {**PART, "podium.io/role": "egress"}
CLIENTS = {"podium.io/clients": "true"}
MONITORING = {"podium.io/monitoring": "true"}
OPERATOR = {"podium.io/operator": "true"}
DNS = {"kubernetes.io/metadata.name": "kube-system"}
SERVE, DASHBOARD, METRICS = 8000, 8265, 8080
# Networks that are no provider's: private (RFC 1918, RFC 6598), link-local with the clouds'
# metadata addresses (RFC 3927), loopback.
INSIDE = (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way out: a provider's host and port, the models it is for, and their site."""

    host: str
    port: int
    site: str
    models: tuple[str, ...]

    @property
    def address(self) -> str | None:
        """The host as a block of one address, None for a name."""
        try:
            found = ip_address(self.host)
        except ValueError:
            return None
        return f"{found}/{found.max_prefixlen}"


def ways_out(policy: Policy, cards: Iterable[ModelCard]) -> tuple[Way, ...]:
    """The ways out that some data may take under `policy`, by host and port.

    A row whose site or model has no clearance, or to which a denial lets no label at all, is none.
    """
    found: dict[tuple[str, int, str], list[str]] = {}
    for card in cards:
        if card.site == LOCAL or not policy.eligible(card, LEAST).ok:
            continue
        for place in map(urlsplit, places(card)):
            port = place.port or (443 if place.scheme == "https" else 80)
            names = found.setdefault((place.hostname or "", port, card.site), [])
            if card.id not in names:
                names.append(card.id)
    return tuple(sorted(Way(*way, models=tuple(sorted(names))) for way, names in found.items()))


def network_policies(policy: Policy, cards: Iterable[ModelCard]) -> list[Manifest]:
    """Everything is closed but what stands here; plain Kubernetes, which knows no host names."""
    ways = ways_out(policy, cards)
    inside = [_closed(), _within(), _names(), _clients(), _operator(), _monitoring()]
    return [*inside, *([_kubernetes_egress(policy, ways)] if ways else [])]


def cilium_policies(policy: Policy, cards: Iterable[ModelCard]) -> list[Manifest]:
    """The same, with the way out narrowed to the providers' own host names."""
    ways = ways_out(policy, cards)
    inside = [_closed(), _within(), _names(), _clients(), _operator(), _monitoring()]
    return [*inside, *([_cilium_egress(policy, ways)] if ways else [])]


def _policy(name: str, pods: dict[str, str], about: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "annotations": {"podium.io/about": about}},
        "spec": {"podSelector": {"matchLabels": pods}, **spec},
    }


def _closed() -> Manifest:
    return _policy(
        "podium-closed",
        PART,
        "Nothing in, nothing out, but what the other policies open.",
        policyTypes=["Ingress", "Egress"],
    )


def _within() -> Manifest:
    peers = [{"podSelector": {"matchLabels": PART}}]
    return _policy(
        "podium-within",
        PART,
        "Podium's own pods reach each other; Ray's token guards what they say.",
        policyTypes=["Ingress", "Egress"],
        ingress=[{"from": peers}],
        egress=[{"to": peers}],
    )


def _names() -> Manifest:
    return _policy(
        "podium-names",
        PART,
        "Names are looked up at the cluster's own DNS.",
        policyTypes=["Egress"],
        egress=[
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": DNS},
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")],
            }
        ],
    )


def _clients() -> Manifest:
    return _opened(
        "podium-clients",
        f"Namespaces labelled {_text(CLIENTS)} reach the API, and nothing else.",
        CLIENTS,
        SERVE,
    )


def _operator() -> Manifest:
    return _opened(
        "podium-operator",
        f"The KubeRay operator's namespace, labelled {_text(OPERATOR)}, deploys and looks.",
        OPERATOR,
        DASHBOARD,
        SERVE,
    )


def _monitoring() -> Manifest:
    return _opened(
        "podium-monitoring",
        f"Namespaces labelled {_text(MONITORING)} read Ray's metrics and Podium's, with a key.",
        MONITORING,
        METRICS,
        SERVE,
    )


def _opened(name: str, about: str, namespaces: dict[str, str], *ports: int) -> Manifest:
    return _policy(
        name,
        PART,
        about,
        policyTypes=["Ingress"],
        ingress=[
            {
                "from": [{"namespaceSelector": {"matchLabels": namespaces}}],
                "ports": [{"protocol": "TCP", "port": port} for port in ports],
            }
        ],
    )


def _kubernetes_egress(policy: Policy, ways: Sequence[Way]) -> Manifest:
    made = _policy(
        "podium-egress",
        EGRESS,
        "The gate, and it alone, reaches providers. Kubernetes knows no host names: the gate does.",
        policyTypes=["Egress"],
        egress=[_rule(address, port) for address, port in sorted(_blocks(ways))],
    )
    return _said_why(made, policy, ways)


def _blocks(ways: Iterable[Way]) -> set[tuple[str, int]]:
    return {(way.address or "0.0.0.0/0", way.port) for way in ways}


def _rule(address: str, port: int) -> dict[str, Any]:
    everywhere = address == "0.0.0.0/0"
    block = {"cidr": address, "except": list(INSIDE)} if everywhere else {"cidr": address}
    return {"to": [{"ipBlock": block}], "ports": [{"protocol": "TCP", "port": port}]}


def _cilium_egress(policy: Policy, ways: Sequence[Way]) -> Manifest:
    made = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {
            "name": "podium-egress",
            "annotations": {"podium.io/about": "The gate, and it alone, reaches these hosts."},
        },
        "spec": {
            "endpointSelector": {"matchLabels": EGRESS},
            "egress": [_seen_names(), *(_host_rule(way) for way in ways)],
        },
    }
    return _said_why(made, policy, ways)


def _seen_names() -> dict[str, Any]:
    """Cilium learns the addresses of host names from the answers it sees."""
    labels = {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}
    ports = [{"port": "53", "protocol": "ANY"}]
    rules = {"dns": [{"matchPattern": "*"}]}
    return {
        "toEndpoints": [{"matchLabels": labels}],
        "toPorts": [{"ports": ports, "rules": rules}],
    }


def _host_rule(way: Way) -> dict[str, Any]:
    ports = [{"ports": [{"port": str(way.port), "protocol": "TCP"}]}]
    if way.address is not None:
        return {"toCIDR": [way.address], "toPorts": ports}
    return {"toFQDNs": [{"matchName": way.host}], "toPorts": ports}


def _said_why(manifest: Manifest, policy: Policy, ways: Iterable[Way]) -> Manifest:
    """Which policy it was made from, and for what; for people who review it."""
    notes = manifest["metadata"]["annotations"]
    notes["podium.io/policy-digest"] = policy.digest
    notes["podium.io/sites"] = ", ".join(
        f"{way.site} ({', '.join(way.models)} at {way.host}:{way.port})" for way in ways
    )
    return manifest


def _text(labels: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in labels.items())
