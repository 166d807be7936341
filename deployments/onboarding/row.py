"""The catalog row of a folder of weights, with settings that suit the machine."""

from __future__ import annotations

import math
from typing import Any

from deployments.onboarding.folder import WeightsFolder
from deployments.onboarding.memory import GIB, MemoryNeed, text_config

_CAPABILITIES = {
    "vllm": ["chat", "json_schema", "logprobs"],
    "transformers": ["chat", "json_schema", "logprobs"],
    "whisper": ["transcribe", "words"],
    "embedder": ["embed"],
}
# vLLM's own parsers of tool calls, by the architecture they were written for.
_TOOL_PARSERS = {
    "mistral": "mistral",
    "llama": "llama3_json",
    "qwen2": "hermes",
    "qwen3": "hermes",
}
_USABLE_GPU = 0.9


def catalog_row(
    name: str,
    folder: WeightsFolder,
    need: MemoryNeed,
    *,
    window: int | None,
    gpus: float,
    licence: str | None,
    digest: str,
) -> dict[str, Any]:
    """A row as it stands in the catalog; models.catalog.ModelCard checks it."""
    parser = _tool_parser(folder)
    tools = ["tools"] if parser else []
    row: dict[str, Any] = {
        "id": name,
        "dialect": folder.dialect,
        "path": str(folder.path),
        "site": "local",
        "clearance": {"level": "RESTRICTED", "categories": "all"},
        "capabilities": [*_CAPABILITIES[folder.dialect], *tools],
        "window": window,
        "licence": licence,
        "digest": digest,
        "num_gpus": gpus,
        "engine": _engine(folder, need, window, gpus, parser),
    }
    return {name: value for name, value in row.items() if value not in (None, {})}


def _tool_parser(folder: WeightsFolder) -> str | None:
    if folder.dialect != "vllm":
        return None
    return _TOOL_PARSERS.get(str(text_config(folder.config).get("model_type")))


def _engine(
    folder: WeightsFolder, need: MemoryNeed, window: int | None, gpus: float, parser: str | None
) -> dict[str, Any]:
    if folder.dialect == "whisper":
        return {"device": "cuda", "compute_type": "float16"} if gpus else {"compute_type": "int8"}
    if folder.dialect == "embedder":
        return {"device": "cuda"} if gpus else {}
    if folder.dialect == "transformers":
        where = {"device": "cuda"} if gpus else {}
        return where | ({"max_model_len": window} if window else {})
    engine: dict[str, Any] = {"max_model_len": window, "tool_parser": parser}
    if not gpus:
        engine |= {"kv_cache_gib": _kv_gib(need), "block_size": 32}
    elif gpus < 1:
        engine["gpu_memory_utilization"] = round(gpus * _USABLE_GPU, 2)
    else:
        engine["tensor_parallel_size"] = int(gpus)
    return {name: value for name, value in engine.items() if value is not None}


def _kv_gib(need: MemoryNeed) -> float:
    """Quarters of a gibibyte that hold one full window, at least one of them."""
    return max(1, math.ceil(4 * (need.kv_bytes or 0) / GIB)) / 4
