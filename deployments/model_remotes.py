"""The ways from a gateway to the models that run here, the nearest first."""

from __future__ import annotations

from collections.abc import Mapping

from deployments.near_remote import NearRemote
from deployments.near_streams import NearStreams
from deployments.remote import Remote
from deployments.replica_counts import ReplicaCount
from deployments.settings import Settings
from deployments.stream_mailbox import Mailbox
from models.catalog import Catalog, ModelCard

_WITH_A_DOOR = ("vllm", "transformers")


def nearest(
    far: Mapping[str, Remote],
    counts: Mapping[str, ReplicaCount],
    settings: Settings,
    catalog: Catalog,
    mailbox: Mailbox,
) -> dict[str, Remote]:
    """Serve's ways to models by name, each with the nearer ones before it, where it has some.

    A chat model's streams come by the mailbox from replicas on its node. One that has a single
    replica is called through its door: where there are several, Serve picks the one, also where
    `serve deploy` was told of more than the catalog was.
    """
    found: dict[str, Remote] = {}
    for name, remote in far.items():
        card = catalog.card(name)
        found[name] = NearStreams(remote, mailbox) if card.kind == "chat" else remote
        if _has_a_door(settings, catalog.card(card.base or name)):
            found[name] = NearRemote(found[name], mailbox.node, counts[name])
    return found


def _has_a_door(settings: Settings, card: ModelCard) -> bool:
    alone = card.replicas == 1 and card.id not in settings.scaling
    return alone and card.dialect in _WITH_A_DOOR
