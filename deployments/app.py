"""The application: every deployment of one Podium, put together from its settings.

`serve_config.yaml` names `deployments.app:build`; `podium up` calls the same function.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ray.serve import Application
from ray.serve.config import BackpressureConfig, RequestRouterConfig

from deployments.adapters import adapters_by_base
from deployments.autoscaling import check_scaling, replicas
from deployments.cache_ports import CachePorts, cache_ports
from deployments.catalog_files import read_catalog
from deployments.cluster_check import check_auth, check_silence
from deployments.egress_keys import read_keys
from deployments.egress_rows import enabled_rows
from deployments.home import Home, default_home
from deployments.ray_llm_check import check_ray_llm
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig
from models.local.engine_settings import check_engine
from models.strict_yaml import parse
from router.scaling.settings import Scaling

_BACKPRESSURE = BackpressureConfig(status_code=429, retry_after_s=1)
BY_SESSION = "ray.serve.experimental.consistent_hash_router:ConsistentHashRouter"
_SHUTDOWN_S = 20.0
_QUEUE_PER_GATEWAY = 256
_HEALTH_S = 10.0
# How long Serve takes to notice that a replica was killed; whoever asks for one of these waits.
_NEEDED_HEALTH_S = 2.0


def build(args: Mapping[str, Any]) -> Application:
    """The application for these settings; raises InvalidConfig naming the field.

    On a cluster Serve calls this before it starts anything, in a process of one of its nodes.
    """
    check_auth(os.environ)
    settings = parse(Settings, dict(args), "args")
    check_silence(settings, os.environ)
    home = settings.home or os.environ.get("PODIUM_HOME") or str(default_home(os.environ))
    settings = settings.model_copy(update={"home": home})
    catalog = read_catalog(settings, home)
    where = settings.placement.models
    check_scaling(settings, catalog)
    check_ray_llm(settings, catalog)
    return _gateway(settings, home, catalog, _models(settings, catalog, where))


def _models(
    settings: Settings, catalog: Catalog, where: Mapping[str, str]
) -> Mapping[str, Application]:
    """A deployment for each model; an adapter's is that of its base."""
    adapters = adapters_by_base(settings.models, catalog)
    cards = [catalog.card(name) for name in settings.models]
    ports = cache_ports(cards, settings.scaling)
    whole = {
        card.id: _model(
            card, where, ports, settings.scaling.get(card.id), adapters.get(card.id, ())
        )
        for card in cards
        if card.base is None
    }
    return {card.id: whole[card.base or card.id] for card in cards}


def _gateway(
    settings: Settings, home: str, catalog: Catalog, models: Mapping[str, Application]
) -> Application:
    from deployments.gateway import Gateway
    from deployments.retriever import Retriever
    from deployments.state import StateService

    if settings.retriever.embedder not in models:
        raise InvalidConfig(
            f"retriever.embedder names '{settings.retriever.embedder}', which is not in models.",
            param="retriever.embedder",
        )
    place = settings.placement
    retriever = Retriever.options(  # type: ignore[attr-defined]
        **_shape("Retriever", settings.retriever.num_cpus, ongoing=256, labels=place.retriever)
    ).bind(
        home,
        models[settings.retriever.embedder],
        dict(settings.retriever.sources),
        settings.retriever.store,
        settings.retriever.hnsw,
    )
    state = StateService.options(  # type: ignore[attr-defined]
        **_shape("State", 0.25, ongoing=256, labels=place.state, health_s=_NEEDED_HEALTH_S)
    ).bind(home, settings.ledger)
    limits = settings.gateway.limits
    shape = _shape(
        "Gateway", settings.gateway.num_cpus, ongoing=limits.in_flight * 2, labels=place.gateway
    )
    outside = enabled_rows(settings, catalog, read_keys(Home(Path(home))))
    egress = _egress(settings, home, catalog, outside, state) if outside else None
    replicas = settings.gateway.replicas
    if replicas == 1:
        # A new version starts before the only one that answers is stopped.
        shape["max_surge_percent"] = 100
    return Gateway.options(  # type: ignore[attr-defined]
        **shape, num_replicas=replicas
    ).bind(settings, home, catalog, dict(models), retriever, state, egress, outside)


def _egress(
    settings: Settings,
    home: str,
    catalog: Catalog,
    outside: tuple[ModelCard, ...],
    state: Application,
) -> Application:
    """The one replica that goes out: spent tokens are remembered in its process."""
    from deployments.egress import MOST_AT_ONCE, Egress

    return Egress.options(  # type: ignore[attr-defined]
        **_shape(
            "Egress",
            0.25,
            ongoing=MOST_AT_ONCE,
            labels=settings.placement.egress,
            health_s=_NEEDED_HEALTH_S,
        ),
        num_replicas=1,
    ).bind(settings, home, catalog, outside, state)


def _model(
    card: ModelCard,
    labels: Mapping[str, str],
    ports: Mapping[str, CachePorts],
    scaling: Scaling | None,
    adapters: tuple[ModelCard, ...] = (),
) -> Application:
    check_engine(card)
    if card.dialect in ("vllm", "transformers"):
        from deployments.chat_replica import most_ongoing
        from deployments.llm import LLM

        deployment: Any = LLM
        ongoing = most_ongoing(card)
    elif card.dialect == "ray_serve_llm":
        return _by_ray_llm(card, labels, ports, scaling, adapters)
    elif card.dialect == "whisper":
        from deployments.speech import Speech

        deployment, ongoing = Speech, 64
    elif card.dialect == "embedder":
        from deployments.embedder import Embedder

        deployment, ongoing = Embedder, 256
    elif card.dialect == "diffusers":
        from deployments.image_maker import ImageMaker

        deployment, ongoing = ImageMaker, 16
    else:
        raise InvalidConfig(
            f"'{card.id}' is a remote model; `remote: on` serves it, leave it out of models.",
            param="models",
        )
    name = f"{deployment.name}-{card.id}"
    shape = _routed(card, _shape(name, card.num_cpus, ongoing, gpus=card.num_gpus, labels=labels))
    arguments = (card, adapters) if adapters else (card,)
    return deployment.options(**shape, **replicas(card, scaling)).bind(*arguments)


def _by_ray_llm(
    card: ModelCard,
    labels: Mapping[str, str],
    ports: Mapping[str, CachePorts],
    scaling: Scaling | None,
    adapters: tuple[ModelCard, ...],
) -> Application:
    """Its deployment is built by Ray Serve LLM, under the same name and limits as our own."""
    from deployments.chat_replica import most_ongoing
    from deployments.ray_llm import build_ray_llm

    ongoing = most_ongoing(card)
    options = _routed(card, _shape(f"LLM-{card.id}", 0, ongoing, labels=labels))
    return build_ray_llm(card, adapters, options | replicas(card, scaling), ports)


def _routed(card: ModelCard, shape: dict[str, Any]) -> dict[str, Any]:
    """The options with the router of sessions, where the row asks for it."""
    if card.affinity == "conversation":
        shape["request_router_config"] = RequestRouterConfig(request_router_class=BY_SESSION)
    return shape


def _shape(
    name: str,
    cpus: float,
    ongoing: int,
    *,
    gpus: float = 0.0,
    labels: Mapping[str, str] = MappingProxyType({}),
    health_s: float = _HEALTH_S,
) -> dict[str, Any]:
    """The options of a deployment; `labels` are those of the nodes that may take it in."""
    actor: dict[str, Any] = {"num_cpus": cpus, "num_gpus": gpus}
    if labels:
        actor["label_selector"] = dict(labels)
    return {
        "name": name,
        "ray_actor_options": actor,
        "max_ongoing_requests": ongoing,
        "max_queued_requests": _QUEUE_PER_GATEWAY,
        "backpressure_config": _BACKPRESSURE,
        "graceful_shutdown_timeout_s": _SHUTDOWN_S,
        "health_check_timeout_s": 60,
        "health_check_period_s": health_s,
    }
