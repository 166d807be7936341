"""Whether the models that are to run fit the memory of the GPUs they are to run on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from deployments.onboarding.folder import LocalDialect, read_folder
from deployments.onboarding.machine import Gpu, Machine, read_machine
from deployments.onboarding.memory import GIB, memory_need, window_of
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig, WeightsError
from models.weights import weights_folder

_LOOKED_AT: Mapping[str, LocalDialect] = {
    "vllm": "vllm", "ray_serve_llm": "vllm", "transformers": "transformers",
    "whisper": "whisper", "embedder": "embedder",
}  # fmt: skip
"""How the weights of a dialect are read."""


def check_fit(settings: Settings, catalog: Catalog, machine: Machine | None = None) -> None:
    """Raise InvalidConfig naming the model that does not fit, and what would make it fit.

    The GPUs are those that `gpu_memory_gib` declares, else this machine's; where there are neither
    nothing is said. Weights that are not on this machine are passed over.
    """
    cards = list(_on_gpus(settings, catalog))
    if not cards:
        return
    there = _declared(settings, cards) or machine or read_machine()
    if not there.gpus:
        return
    for card in cards:
        folder = _folder(card)
        if folder is not None:
            _check(card, folder, there)


def _on_gpus(settings: Settings, catalog: Catalog) -> Iterator[ModelCard]:
    for name in settings.models:
        card = catalog.card(name)
        if card.dialect in _LOOKED_AT and card.num_gpus:
            yield card


def _declared(settings: Settings, cards: list[ModelCard]) -> Machine | None:
    """As many GPUs as the largest model wants, each of the declared memory."""
    if settings.gpu_memory_gib is None:
        return None
    size = int(settings.gpu_memory_gib * GIB)
    count = max(1, *(int(card.num_gpus) for card in cards))
    return Machine(0, 0, (Gpu("declared", size, size),) * count)


def _folder(card: ModelCard) -> Path | None:
    try:
        return weights_folder(card)
    except WeightsError:
        return None


def _check(card: ModelCard, path: Path, machine: Machine) -> None:
    folder = read_folder(path, _LOOKED_AT[card.dialect])
    window = card.engine.get("max_model_len") or window_of(folder.config)
    need = memory_need(folder, window, machine, card.num_gpus)
    if need.fits:
        return
    hint = (
        f"Set engine.max_model_len to {need.fitting_window} or less"
        if need.fitting_window
        else "Give it more GPUs (num_gpus), or smaller weights"
    )
    raise InvalidConfig(
        f"'{card.id}' needs about {need.needed_bytes / GIB:.1f} GiB and num_gpus: {card.num_gpus:g}"
        f" leaves it {need.available_bytes / GIB:.1f}. {hint} in its row of the catalog.",
        param="engine.max_model_len" if need.fitting_window else "num_gpus",
    )
