"""What `engine:` of a row may say, by the engine that its dialect names."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from models.catalog import ModelCard
from models.local.diffusers_settings import DiffusersSettings
from models.local.embedder_settings import EmbedderSettings
from models.local.gpu_only import check_gpus
from models.local.ray_llm_settings import RayLlmSettings
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_settings import VllmSettings
from models.local.whisper_settings import WhisperSettings
from models.strict_yaml import parse

SETTINGS: Mapping[str, type[BaseModel]] = {
    "vllm": VllmSettings,
    "ray_serve_llm": RayLlmSettings,
    "transformers": TransformersSettings,
    "whisper": WhisperSettings,
    "embedder": EmbedderSettings,
    "diffusers": DiffusersSettings,
}


def check_engine(card: ModelCard) -> None:
    """Nothing is started for it yet; raises InvalidConfig naming the row and the field."""
    if not card.is_local:
        return
    settings = parse(SETTINGS[card.dialect], card.engine, f"model '{card.id}', engine")
    if isinstance(settings, VllmSettings) and card.base is None:
        check_gpus(card, settings)
