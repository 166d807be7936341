"""Whether what Ray Serve LLM needs is installed, before anything is started."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from deployments.cache_ports import DIALECT, cache_ports
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig, SetupError
from models.local.ray_llm_settings import RayLlmSettings


def check_ray_llm(
    settings: Settings,
    catalog: Catalog,
    is_installed: Callable[[str], bool] = lambda name: find_spec(name) is not None,
) -> None:
    """Raise SetupError where a row of this dialect is to run and a package for it is missing.

    Raises InvalidConfig where the rows can't run as they are, alone or together.
    """
    cards = [catalog.card(name) for name in settings.models]
    for card in cards:
        if card.dialect == DIALECT and card.base is None:
            _check(card, is_installed)
    cache_ports(cards, settings.scaling)


def _check(card: ModelCard, is_installed: Callable[[str], bool]) -> None:
    if not (is_installed("pyarrow") and is_installed("vllm")):
        raise SetupError(
            f"model '{card.id}': dialect {DIALECT} needs the extra: pip install --require-hashes"
            " -r requirements/ray-llm.lock beside the CPU install, or pip install"
            " 'podium[ray-llm]' 'ray[llm]' on a GPU. Or give the row dialect vllm.",
            param="dialect",
        )
    settings = RayLlmSettings.model_validate(card.engine)
    if settings.prefill_replicas and card.affinity != "none":
        raise InvalidConfig(
            f"model '{card.id}': affinity and engine.prefill_replicas don't go together; the prompt"
            " is read by another engine each time. Leave one of them out.",
            param="affinity",
        )
    if settings.prefill_replicas and not is_installed("nixl"):
        raise SetupError(
            f"model '{card.id}': engine.prefill_replicas needs NIXL, which carries the key-value"
            " cache from one engine to another: pip install 'ray[llm]', or leave it out.",
            param="engine.prefill_replicas",
        )
