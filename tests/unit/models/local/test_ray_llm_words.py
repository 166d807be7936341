"""A row and a request in the words of Ray Serve LLM."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.local.lora_folder import CONFIG, WEIGHTS
from models.local.ray_llm_settings import RayLlmSettings
from models.local.ray_llm_words import chat_body, llm_config
from models.messages import ChatRequest, Message, Sampling, ToolSpec
from tests.scripted_world import card

FOLDER = Path("/weights")
PLAIN = RayLlmSettings()
TOOL = ToolSpec("find", "Finds.", {"type": "object"})
OTHER = ToolSpec("keep", "Keeps.")
REQUEST = ChatRequest("m", (Message("user", "Hello"),))


def config(**changes: Any) -> dict[str, Any]:
    row = card("m", dialect="ray_serve_llm", **changes)
    return llm_config(row, FOLDER, RayLlmSettings.model_validate(row.engine))


def body(request: ChatRequest, settings: RayLlmSettings = PLAIN) -> dict[str, Any]:
    return chat_body(request, settings, "id")


def test_a_copy_on_a_cpu_is_one_bundle_and_asks_nobody_outside() -> None:
    made = config(num_cpus=2)
    assert made["accelerator_config"] == {"kind": "cpu"}
    assert made["placement_group_config"] == {"bundle_per_worker": {"CPU": 2}, "strategy": "PACK"}
    assert made["model_loading_config"] == {"model_id": "m", "model_source": "/weights"}
    assert made["experimental_configs"]["stream_batching_interval_ms"] == 0
    assert made["runtime_env"]["env_vars"]["HF_HUB_OFFLINE"] == "1"
    assert made["log_engine_metrics"] is False
    assert "kv_transfer_config" not in made["engine_kwargs"]
    assert made["engine_kwargs"]["enable_log_requests"] is False


def test_a_copy_on_gpus_is_a_bundle_for_each_worker() -> None:
    engine = {
        "tensor_parallel_size": 4,
        "pipeline_parallel_size": 2,
        "spread": "SPREAD",
        "accelerator_type": "H100",
        "prefill_replicas": 3,
        "tool_parser": "mistral",
    }
    made = config(num_gpus=8, engine=engine)
    assert made["accelerator_config"] == {"kind": "gpu"}
    assert made["accelerator_type"] == "H100"
    assert made["placement_group_config"] == {"bundle_per_worker": {"GPU": 1}, "strategy": "SPREAD"}
    kwargs = made["engine_kwargs"]
    assert (kwargs["tensor_parallel_size"], kwargs["pipeline_parallel_size"]) == (4, 2)
    assert (kwargs["enable_auto_tool_choice"], kwargs["tool_call_parser"]) == (True, "mistral")
    assert kwargs["kv_transfer_config"] == {"kv_connector": "NixlConnector", "kv_role": "kv_both"}


def test_adapters_are_loaded_by_name(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"")
    (tmp_path / CONFIG).write_text(json.dumps({"r": 12}))
    row = card("m", dialect="ray_serve_llm")
    kwargs = llm_config(row, FOLDER, PLAIN, {"legal": tmp_path})["engine_kwargs"]
    assert kwargs["lora_modules"] == [{"name": "legal", "path": str(tmp_path)}]
    assert (kwargs["enable_lora"], kwargs["max_lora_rank"]) == (True, 16)
    assert "lora_modules" not in config()["engine_kwargs"]


def test_sampling_in_the_servers_words() -> None:
    drawn = Sampling(
        max_tokens=5, seed=7, stop=("x",), logit_bias={3: -1.0}, n=2, logprobs=True, top_logprobs=2
    )
    made = body(replace(REQUEST, sampling=drawn, priority=4, cache_salt="s"))
    told = {"max_completion_tokens": 5, "seed": 7, "stop": ["x"], "logit_bias": {"3": -1.0}}
    told |= {"n": 2, "logprobs": True, "top_logprobs": 2, "priority": 4, "cache_salt": "s"}
    assert {name: made.get(name) for name in told} == told
    assert (made["stream"], made["stream_options"]) == (True, {"include_usage": True})
    assert not {"logprobs", "cache_salt", "max_completion_tokens", "tools"} & set(body(REQUEST))


@pytest.mark.parametrize(
    ("choice", "tools", "parser", "said", "schema"),
    [
        ("auto", (TOOL,), "mistral", "auto", None),
        ("auto", (TOOL,), None, "none", None),
        ("find", (TOOL,), "mistral", "none", {"type": "object"}),
        ("required", (TOOL, OTHER), "mistral", "none", "anyOf"),
        ("none", (TOOL,), "mistral", None, None),
    ],
)
def test_a_forced_call_is_a_schema(
    choice: str, tools: tuple[ToolSpec, ...], parser: str | None, said: str | None, schema: Any
) -> None:
    request = replace(REQUEST, tools=tools, tool_choice=choice)
    made = body(request, RayLlmSettings(tool_parser=parser))
    assert made.get("tool_choice") == said
    assert ("tools" in made) == (said is not None)
    held = made.get("structured_outputs", {}).get("json")
    assert ("anyOf" in held) if schema == "anyOf" else held == schema


def test_any_object_is_a_schema_too() -> None:
    assert body(replace(REQUEST, json_schema={}))["structured_outputs"] == {
        "json": {"type": "object"}
    }
