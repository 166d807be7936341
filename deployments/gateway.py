"""The Gateway deployment: ingress and router in one process, so that a model is one hop away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ray import get_runtime_context, serve

from deployments.acts import watch_acts
from deployments.egress_chat import EgressModel
from deployments.first_answers import first_answers
from deployments.gateway_app import gateway_app
from deployments.gateway_state import GatewayState
from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.keyring import Keyring
from deployments.model_remotes import nearest
from deployments.model_status import ModelStatus
from deployments.near_remote import NearRemote
from deployments.policy_in_force import policy_place
from deployments.policy_keeper import PolicyKeeper
from deployments.replica_counts import ServeReplicaCount
from deployments.replica_environment import enter_replica
from deployments.retention import watch_retention
from deployments.settings import Settings
from deployments.stream_mailbox import open_mailbox
from deployments.text_scanner import text_scanner
from deployments.waking_remote import WakingRemote
from deployments.wire.peer import is_loopback
from models.catalog import Catalog, ModelCard
from router.affinity import conversation_of
from router.rate_book import RateBook

# Of the time that Serve gives a replica to end, once its requests have ended.
_END_S = 5.0


@serve.deployment
@serve.ingress()
class Gateway:
    """Authenticates, labels, decides, forwards and accounts."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self,
        settings: Settings,
        home: str,
        catalog: Catalog,
        models: Mapping[str, Any],
        retriever: Any,
        state: Any,
        egress: Any = None,
        outside: Sequence[ModelCard] = (),
    ) -> None:
        enter_replica("gateway")
        node = get_runtime_context().get_node_id()
        self._mailbox = await open_mailbox(Home(Path(home)).run, node)
        far = {name: _far(catalog.card(name), handle) for name, handle in models.items()}
        counts = {name: ServeReplicaCount(handle) for name, handle in models.items()}
        remotes = nearest(far, counts, settings, catalog, self._mailbox)
        if egress is not None:
            gate = NearRemote(ServeRemote(egress, "egress"), node)
            remotes |= {card.id: EgressModel(gate, card.id) for card in outside}
        sleepy = [name for name, rules in settings.scaling.items() if rules.sleeps]
        status = ModelStatus(dict(remotes), {name: counts[name] for name in sleepy})
        for name in sleepy:
            load = partial(status.load, name)
            remotes[name] = WakingRemote(remotes[name], settings.scaling[name], load)
        pepper = Home(Path(home)).pepper()
        served = [catalog.card(name) for name in remotes]
        keeper = PolicyKeeper(policy_place(settings, Home(Path(home))), served, catalog)
        self._state = GatewayState(
            settings=settings,
            catalog=catalog,
            policy=keeper.policy,
            keyring=Keyring(pepper, rates=RateBook(settings.gateway.replicas)),
            status=status,
            models=remotes,
            retriever=ServeRemote(retriever, "retriever"),
            state=ServeRemote(state, "state"),
            salt=pepper,
            on_loopback=is_loopback(await _front_host()),
            keeper=keeper,
            scanner=text_scanner(settings),
        )
        self._state.record_policy()
        self._tasks = [
            asyncio.create_task(self._state.status.watch()),
            asyncio.create_task(self._state.keyring.watch(self._state.state)),
            asyncio.create_task(keeper.watch(self._state.swap_policy)),
            asyncio.create_task(self._state.pipelines.keeper.watch()),
            asyncio.create_task(watch_retention(self._state)),
            asyncio.create_task(watch_acts(self._state)),
        ]
        await first_answers(self._state.keyring, self._state.status)

    async def __del__(self) -> None:
        """Serve calls this before it ends the replica: State is still told what calls came to."""
        state = getattr(self, "_state", None)
        if state is not None:
            await state.close(_END_S)
        mailbox = getattr(self, "_mailbox", None)
        if mailbox is not None:
            mailbox.close()

    def __serve_build_asgi_app__(self) -> Any:
        return gateway_app(self._state, echo_id=False)


def _far(card: ModelCard, handle: Any) -> ServeRemote:
    affinity = conversation_of if card.affinity == "conversation" else None
    return ServeRemote(handle, card.id, affinity)


async def _front_host() -> str:
    """The address on which Serve takes requests in: HAProxy does not say whose they are."""
    from ray.serve.context import _get_global_client

    options: Any = await _get_global_client()._controller.get_http_config.remote()
    return str(options.host or "")
