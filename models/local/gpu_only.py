"""What an engine can do on GPUs alone, refused by field where a row has none, or too few."""

from __future__ import annotations

from models.catalog import ModelCard
from models.errors import InvalidConfig
from models.local.ray_llm_settings import RayLlmSettings
from models.local.vllm_settings import VllmSettings


def check_gpus(card: ModelCard, settings: VllmSettings) -> None:
    """Raise InvalidConfig naming the field of `engine` that asks for GPUs which `num_gpus` lacks.

    Ray sets aside what `num_gpus` says, and an engine sees no GPU but those.
    """
    if not card.num_gpus:
        _refuse_on_a_cpu(card, settings)
        return
    workers = settings.workers if isinstance(settings, RayLlmSettings) else None
    wanted = workers or settings.tensor_parallel_size
    if workers is not None and card.num_gpus != workers:
        raise InvalidConfig(
            f"model '{card.id}': tensor_parallel_size x pipeline_parallel_size is {workers} and"
            f" num_gpus is {card.num_gpus:g}; a worker has one GPU, so set num_gpus: {workers}.",
            param="num_gpus",
        )
    if wanted > max(1.0, card.num_gpus):
        raise InvalidConfig(
            f"model '{card.id}': engine.tensor_parallel_size is {wanted} and num_gpus is"
            f" {card.num_gpus:g}; set num_gpus: {wanted}, or a smaller tensor_parallel_size.",
            param="engine.tensor_parallel_size",
        )


def _refuse_on_a_cpu(card: ModelCard, settings: VllmSettings) -> None:
    asked: dict[str, bool] = {
        "tensor_parallel_size": settings.tensor_parallel_size > 1,
        "quantization": settings.quantization is not None,
    }
    if isinstance(settings, RayLlmSettings):
        asked |= {
            "pipeline_parallel_size": settings.pipeline_parallel_size > 1,
            "accelerator_type": settings.accelerator_type is not None,
            "prefill_replicas": settings.prefill_replicas > 0,
        }
    for field, is_asked in asked.items():
        if is_asked:
            raise InvalidConfig(
                f"model '{card.id}': engine.{field} is for GPUs and num_gpus is 0. Set num_gpus to"
                f" the GPUs of one copy, or leave {field} out.",
                param=f"engine.{field}",
            )
