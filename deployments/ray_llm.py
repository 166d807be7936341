"""Chat models by Ray Serve LLM: the one file that imports `ray.serve.llm` (2.60).

It brings what our own engine has not: workers of one copy on several nodes, and engines of their
own for prompts. Its servers answer our port instead of HTTP; the ingress that comes with it, which
knows no keys, labels or ledger, is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.serve import Application
from ray.serve.llm import LLMConfig, LLMServer, build_llm_deployment
from ray.serve.llm.deployment import PDDecodeServer, PDPrefillServer
from ray.serve.llm.openai_api_models import ChatCompletionRequest

from deployments.cache_ports import CachePorts
from deployments.chat_replica import ChatReplica
from deployments.onboarding.folder import read_folder
from deployments.onboarding.memory import window_of
from deployments.ray_llm_chat import RayLlmChat, ServedModel, Server
from deployments.ray_llm_quiet import silence
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.errors import WeightsError
from models.local.ray_llm_settings import RayLlmSettings
from models.local.ray_llm_words import llm_config
from models.weights import check_digest, weights_folder

_PORT_BASE = "NIXL_SIDE_CHANNEL_PORT_BASE"


class RayLlm(ChatReplica, LLMServer):
    """A copy of a model that reads prompts and writes answers."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, llm_config: LLMConfig, card: ModelCard, adapters: tuple[ModelCard, ...]
    ) -> None:
        entered, digest = _enter(card, adapters)
        await LLMServer.__init__(self, llm_config)
        await _ready(self, card, digest, entered)


class RayLlmDecode(ChatReplica, PDDecodeServer):
    """A copy of a model that writes answers to prompts that a RayLlmPrefill has read."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self,
        llm_config: LLMConfig,
        card: ModelCard,
        adapters: tuple[ModelCard, ...],
        prefill_server: Any,
    ) -> None:
        entered, digest = _enter(card, adapters)
        await PDDecodeServer.__init__(self, llm_config, prefill_server=prefill_server)
        await _ready(self, card, digest, entered)


class RayLlmPrefill(PDPrefillServer):
    """A copy of a model that reads prompts."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, llm_config: LLMConfig, card: ModelCard, adapters: tuple[ModelCard, ...]
    ) -> None:
        _enter(card, adapters)
        await PDPrefillServer.__init__(self, llm_config)


def _enter(card: ModelCard, adapters: tuple[ModelCard, ...]) -> tuple[float, str]:
    entered = enter_replica(card.id)
    silence()
    for adapter in adapters:
        check_digest(adapter, weights_folder(adapter))
    return entered, check_digest(card, weights_folder(card))


async def _ready(replica: Any, card: ModelCard, digest: str, entered: float) -> None:
    await replica._begin(card.id, chat_of(replica, card), digest, card.num_gpus, entered)


def chat_of(server: Server, card: ModelCard) -> RayLlmChat:
    """Our port over a server of Ray Serve LLM."""
    settings = RayLlmSettings.model_validate(card.engine)
    window = settings.max_model_len or window_of(read_folder(weights_folder(card), "vllm").config)
    if window is None:
        raise WeightsError(
            f"The config of '{card.id}' says no window; set engine.max_model_len in its row.",
            param="engine.max_model_len",
        )
    return RayLlmChat(server, ChatCompletionRequest, settings, ServedModel(card.id, window))


def build_ray_llm(
    card: ModelCard,
    adapters: tuple[ModelCard, ...],
    options: Mapping[str, Any],
    ports: Mapping[str, CachePorts],
) -> Application:
    """The deployment of a row, under Serve's `options`; those of its actors are made here.

    `ports` has those of rows with `prefill_replicas`.
    """
    settings = RayLlmSettings.model_validate(card.engine)
    config = config_of(card, adapters)
    bound: dict[str, Any] = {"card": card, "adapters": adapters}
    if not settings.prefill_replicas:
        return _deployment(RayLlm, config, options, bound)
    beside = dict(options) | {"num_replicas": settings.prefill_replicas}
    beside.pop("autoscaling_config", None)
    beside["name"] = f"Prefill-{card.id}"
    reading = config_of(card, adapters)
    reading.experimental_configs[_PORT_BASE] = ports[card.id].prefill
    config.experimental_configs[_PORT_BASE] = ports[card.id].decode
    prefill = _deployment(RayLlmPrefill, reading, beside, bound)
    return _deployment(RayLlmDecode, config, options, bound | {"prefill_server": prefill})


def config_of(card: ModelCard, adapters: tuple[ModelCard, ...]) -> LLMConfig:
    """What Ray Serve LLM is told about a row; its weights must lie on this machine, too."""
    folders = {adapter.id: weights_folder(adapter) for adapter in adapters}
    settings = RayLlmSettings.model_validate(card.engine)
    config = LLMConfig(**llm_config(card, weights_folder(card), settings, folders))
    # It would download; our weights are where the row says, on every node.
    config.callback_config.callback_class = "deployments.ray_llm_stay:StayHere"
    return config


def _deployment(
    cls: type, config: LLMConfig, options: Mapping[str, Any], bound: Mapping[str, Any]
) -> Application:
    chosen = {name: value for name, value in options.items() if name != "ray_actor_options"}
    labels = options["ray_actor_options"].get("label_selector")
    if labels:
        chosen["placement_group_bundle_label_selector"] = [labels]
    return build_llm_deployment(
        config,
        bind_kwargs=dict(bound),
        override_serve_options=chosen,
        deployment_cls=cls,
    )
