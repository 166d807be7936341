"""Rows and requests in the words of Ray Serve LLM 2.60: plain dictionaries, no ray import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.catalog import ModelCard
from models.local.lora_folder import rank_of
from models.local.ray_llm_settings import RayLlmSettings
from models.local.tool_choice import forced_tool, is_required_among, schema_of
from models.local.vllm_requests import (
    engine_arguments,
    engine_environment,
    message_dict,
    sampling_values,
    tool_dict,
)
from models.messages import ChatRequest
from models.quiet import quiet_environment


def llm_config(
    card: ModelCard,
    folder: Path,
    settings: RayLlmSettings,
    adapters: Mapping[str, Path] = MappingProxyType({}),
) -> dict[str, Any]:
    """The fields of `ray.serve.llm.LLMConfig`; `adapters` are folders, loaded at the start.

    Every worker is a bundle of its own; the replica itself sits in the first and asks for nothing.
    Pieces of a stream are not held back, and engine metrics are ours.
    """
    bundle = {"GPU": 1} if card.num_gpus else {"CPU": card.num_cpus / settings.workers}
    config: dict[str, Any] = {
        "model_loading_config": {"model_id": card.id, "model_source": str(folder)},
        "engine_kwargs": _engine_kwargs(folder, settings, adapters),
        "accelerator_config": {"kind": "gpu" if card.num_gpus else "cpu"},
        "placement_group_config": {"bundle_per_worker": bundle, "strategy": settings.spread},
        "deployment_config": {"ray_actor_options": {"num_cpus": 0}},
        "experimental_configs": {"stream_batching_interval_ms": 0},
        "runtime_env": {"env_vars": quiet_environment() | engine_environment(settings)},
        "log_engine_metrics": False,
    }
    if settings.accelerator_type is not None:
        config["accelerator_type"] = settings.accelerator_type
    return config


def _engine_kwargs(
    folder: Path, settings: RayLlmSettings, adapters: Mapping[str, Path]
) -> dict[str, Any]:
    ranks = [rank_of(name, place) for name, place in adapters.items()]
    values = engine_arguments(folder, settings, ranks)
    del values["model"]
    values["pipeline_parallel_size"] = settings.pipeline_parallel_size
    values["enable_prompt_tokens_details"] = True
    if adapters:
        modules = [{"name": name, "path": str(place)} for name, place in adapters.items()]
        values["lora_modules"] = modules
    if settings.tool_parser is not None:
        values |= {"enable_auto_tool_choice": True, "tool_call_parser": settings.tool_parser}
    if settings.reasoning_parser is not None:
        values["reasoning_parser"] = settings.reasoning_parser
    if settings.prefill_replicas:
        values["kv_transfer_config"] = {
            "kv_connector": settings.kv_connector,
            "kv_role": "kv_both",
        }
    return values


def chat_body(request: ChatRequest, settings: RayLlmSettings, request_id: str) -> dict[str, Any]:
    """The fields of vLLM's own ChatCompletionRequest; it asks for a stream with usage at its end.

    A forced call is a schema that the answer is held to, as in our own engine: the server would
    refuse it without a parser.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [message_dict(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "request_id": request_id,
        "priority": request.priority,
        **_sampling(request),
        **_tools(request, settings),
    }
    if request.cache_salt:
        body["cache_salt"] = request.cache_salt
    schema = schema_of(request)
    if schema is not None:
        body["structured_outputs"] = {"json": dict(schema) or {"type": "object"}}
    return body


def _sampling(request: ChatRequest) -> Mapping[str, Any]:
    values = sampling_values(request.sampling)
    values.pop("logprobs", None)
    if request.sampling.logprobs:
        values |= {"logprobs": True, "top_logprobs": request.sampling.top_logprobs}
    if request.sampling.logit_bias:
        values["logit_bias"] = {str(k): v for k, v in request.sampling.logit_bias.items()}
    if request.sampling.max_tokens is not None:
        values["max_completion_tokens"] = request.sampling.max_tokens
    return values


def _tools(request: ChatRequest, settings: RayLlmSettings) -> Mapping[str, Any]:
    """The template shows tools also where the server is told to look for no calls."""
    if not request.tools or request.tool_choice == "none":
        return {}
    free = forced_tool(request) is None and not is_required_among(request)
    parses = free and settings.tool_parser is not None
    return {
        "tools": [tool_dict(tool) for tool in request.tools],
        "tool_choice": "auto" if parses else "none",
    }
