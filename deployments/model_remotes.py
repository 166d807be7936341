"""The ways from a gateway to the models that run here, the nearest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.handles import ServeRemote
from deployments.near_remote import NearRemote
from deployments.near_streams import NearStreams
from deployments.remote import Remote
from deployments.settings import Settings
from deployments.stream_mailbox import Mailbox
from models.catalog import Catalog, ModelCard
from router.affinity import conversation_of

_WITH_A_DOOR = ("vllm", "transformers")


def model_remotes(
    settings: Settings, catalog: Catalog, handles: Mapping[str, Any], mailbox: Mailbox, node: str
) -> dict[str, Remote]:
    """A Remote for each handle, by the name of its model.

    A chat model's streams come by the mailbox from replicas on this node. One that has a single
    replica is called through its door: where there are several, Serve picks the one.
    """
    found: dict[str, Remote] = {}
    for name, handle in handles.items():
        card = catalog.card(name)
        affinity = conversation_of if card.affinity == "conversation" else None
        found[name] = ServeRemote(handle, name, affinity)
        if card.kind == "chat":
            found[name] = NearStreams(found[name], mailbox)
        if _has_a_door(settings, catalog.card(card.base or name)):
            found[name] = NearRemote(found[name], node)
    return found


def _has_a_door(settings: Settings, card: ModelCard) -> bool:
    alone = card.replicas == 1 and card.id not in settings.scaling
    return alone and card.dialect in _WITH_A_DOOR
