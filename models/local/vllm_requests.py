"""Requests and settings in the words of vLLM's API: plain dictionaries, no vllm import."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from models.local.lora_folder import rank_for
from models.local.vllm_settings import VllmSettings
from models.messages import Message, Sampling, ToolSpec

# Small models run away in white space where the grammar lets them.
_COMPACT = {"backend": "xgrammar", "disable_any_whitespace": True}


def sampling_values(sampling: Sampling) -> dict[str, Any]:
    """The keywords of SamplingParams that the request sets; the rest stay the model's own."""
    values: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "stop": list(sampling.stop) or None,
        "logit_bias": dict(sampling.logit_bias) if sampling.logit_bias else None,
        "logprobs": sampling.top_logprobs if sampling.logprobs else None,
    }
    return {"n": sampling.n} | {key: value for key, value in values.items() if value is not None}


def message_dict(message: Message) -> dict[str, Any]:
    """The message as chat templates read it."""
    value: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        value["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        value["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        value["name"] = message.name
    return value


def tool_dict(tool: ToolSpec) -> dict[str, Any]:
    """The tool as chat templates and vLLM's parsers read it."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def engine_environment(settings: VllmSettings) -> dict[str, str]:
    """The variables vLLM must find before it is imported.

    Without "multiprocessing" an engine of one rank still has a process of its own, but on a CPU no
    second one for its worker, on which it would wait by spinning on a core that others need.
    """
    return {
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": str(settings.threads),
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    }


def engine_arguments(
    path: Path, settings: VllmSettings, ranks: Collection[int] = ()
) -> dict[str, Any]:
    """The keyword arguments of vLLM's AsyncEngineArgs, with every log and telemetry off.

    `ranks` are those of the LoRA adapters that the engine carries, all of them at once.
    """
    values: dict[str, Any] = {
        "model": str(path),
        "dtype": settings.dtype,
        "max_model_len": settings.max_model_len,
        "max_num_seqs": settings.max_num_seqs,
        "max_num_batched_tokens": settings.max_num_batched_tokens,
        "block_size": settings.block_size,
        "enforce_eager": settings.enforce_eager,
        "gpu_memory_utilization": settings.gpu_memory_utilization,
        "tensor_parallel_size": settings.tensor_parallel_size,
        "quantization": settings.quantization,
        "load_format": None if settings.load_format == "auto" else settings.load_format,
        "enable_lora": bool(ranks),
        # On a CPU, requests without an adapter are computed with the last place: it stays empty.
        "max_loras": len(ranks) + 1 if ranks else None,
        "max_lora_rank": rank_for(ranks) if ranks else None,
        "seed": settings.seed,
        "kv_cache_memory_bytes": int(settings.kv_cache_gib * 2**30)
        if settings.kv_cache_gib
        else None,
        "structured_outputs_config": _COMPACT if settings.compact_json else None,
        "disable_log_stats": True,
        "enable_log_requests": False,
        "enable_prefix_caching": True,
        "scheduling_policy": "priority",
        "trust_remote_code": False,
    }
    return {key: value for key, value in values.items() if value is not None}
