"""Writes docs/reference/catalog.md from the model card and the engines' settings."""

from __future__ import annotations

from docs_fields import table

from models.catalog import ModelCard
from models.local.diffusers_settings import DiffusersSettings
from models.local.embedder_settings import EmbedderSettings
from models.local.ray_llm_settings import RayLlmSettings
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_settings import VllmSettings
from models.local.whisper_settings import WhisperSettings
from models.remote.anthropic_settings import AnthropicSettings
from models.remote.copilot_settings import CopilotSettings
from models.remote.gemini_image_settings import GeminiImageSettings
from models.remote.gemini_settings import GeminiSettings
from models.remote.image_settings import ImageSettings
from models.remote.imagine_settings import ImagineSettings
from models.remote.openai_settings import OpenAiSettings

PAGE = "catalog.md"
INTRODUCTION = """# Catalog

<!-- Made by .ci/docs_catalog.py from models/catalog.py; change that, then run `make docs`. -->

The catalog is a list of model cards in YAML files. Podium reads its own rows, then every `*.yaml`
in the home's `catalog` folder, then the folders named by `catalog:` in the settings; a later row
replaces an earlier one of the same id. `podium models add` writes rows for you. A row for a model
inside is served when `models:` in the settings names it, one for a model outside when `remote:` is
on and its key is there.
"""
CARD = {
    "id": "The name clients use.",
    "dialect": "The engine or API. The first six run here; the others are for remote models.",
    "base": "For a LoRA adapter: the row whose engine carries it.",
    "path": "Folder of the weights, or `package:NAME/FOLDER` inside an installed package.",
    "base_url": "Address of a remote API; plain http only on loopback with `allow_insecure`.",
    "vendor_model": "The vendor's own id; it finds the row too.",
    "key_env": "Environment variable that holds the provider's key.",
    "site": "Where it runs: `local`, or a remote site of the policy.",
    "region": "Region of a remote site.",
    "clearance.level": "Highest level of data it may see.",
    "clearance.categories": "Categories of data it may see; `all` is every one.",
    "capabilities": "What it can do: chat, tools, json_schema, logprobs, transcribe, words, embed.",
    "window": "Longest context in tokens; by default what the weights say.",
    "checked": "Day on which somebody last looked whether the vendor still has it so.",
    "price": "`{in, out, cached, reasoning}`: US dollars per million tokens; or `{gpu_second}`, or"
    " `{image}`. `checked` is the day of the look. Without it a remote row takes the installed"
    " price data.",
    "licence": "Licence of the weights, shown by `GET /v1/models`.",
    "digest": "Digest of the weights; Podium does not start over others.",
    "allow_insecure": "Allows plain http, on loopback only.",
    "hedge": "Race an answer that is slower than 95 % with a second call; 5 % more calls at most.",
    "engine": "Settings of the engine, below.",
    "affinity": "`conversation`: turns of one conversation go to one replica and its cache.",
    "replicas": "How many copies run.",
    "num_cpus": "CPUs that Ray sets aside for each copy.",
    "num_gpus": "GPUs for each copy, or a share of one.",
}
VLLM = {
    "dtype": "Number format of weights and activations.",
    "max_model_len": "Longest context in tokens.",
    "max_num_seqs": "Requests in one batch.",
    "max_num_batched_tokens": "Tokens in one batch.",
    "block_size": "Tokens in one block of the key-value cache.",
    "enforce_eager": "Run without compilation.",
    "kv_cache_gib": "Size of the key-value cache; without it vLLM takes its share.",
    "gpu_memory_utilization": "Share of the GPU's memory that vLLM may take.",
    "tensor_parallel_size": "GPUs that one copy is spread over. GPU only.",
    "quantization": "vLLM's name of the quantisation, when the weights do not say. GPU only.",
    "load_format": "`dummy` draws the weights: it measures speed and answers nonsense.",
    "threads": "Threads on a CPU.",
    "tool_parser": "vLLM's parser of tool calls, such as mistral, hermes or llama3_json.",
    "reasoning_parser": "vLLM's parser of reasoning.",
    "compact_json": "JSON answers without white space.",
    "seed": "Seed of sampling.",
}
RAY_LLM = {
    "pipeline_parallel_size": "Groups of GPUs that the layers are split over. GPU only.",
    "spread": "How Ray places the workers of a copy: together where it can, or on nodes apart.",
    "accelerator_type": "Ray's name of the GPU that workers want, such as H100. GPU only.",
    "prefill_replicas": "Copies that only read prompts, for those that write answers. GPU only.",
    "kv_connector": "vLLM's name of what carries the key-value cache between them.",
}
TRANSFORMERS = {
    "dtype": "Type of the weights in memory.",
    "device": "Where it runs, in torch's words: cpu, cuda, mps.",
    "max_model_len": "Longest prompt and answer together.",
    "max_num_seqs": "Requests answered at once, each in a thread; others wait.",
    "prefill_tokens": "Tokens of a prompt read in one step; a request stops between two.",
    "threads": "Threads on a CPU.",
}
WHISPER = {
    "device": "Where it runs.",
    "compute_type": "CTranslate2's number format, such as int8 or float16.",
    "threads": "Threads of one transcription.",
    "workers": "Transcriptions at once.",
    "beam": "Width of the beam search.",
    "batch": "Clips heard at once.",
    "max_tokens": "Longest text of one clip.",
    "longest": "Longest audio in seconds.",
    "vad_threshold": "How sure voice detection must be.",
    "pause": "Silence, in seconds, at which speech is cut.",
    "pad": "Seconds kept around speech.",
    "join": "Stretches less than this many seconds apart are heard together.",
    "no_speech": "Above it, with `least_logprob`, a segment is held for no speech.",
    "least_logprob": "Mean log probability below which that holds.",
    "short_windows": "The model was trained on audio cut to its length: live clips stay short.",
}

WIRE = {
    "connect_s": "Longest wait for a connection, in seconds.",
    "silence_s": "Longest wait between two bytes, in seconds.",
    "request_bytes": "The most bytes that leave in one request.",
    "response_bytes": "The most bytes that are read back.",
    "also_returns": "Further models that the provider may say it ran.",
}
OPENAI = {
    "max_tokens_field": "The server's name for the limit on tokens.",
    "seed_field": "The server's name for the seed.",
    "required_word": "The server's word for a tool call that must be made.",
    "strict_schema": "Asks for strict JSON schemas; false for servers that refuse them.",
    "schemas": "False for servers that take no JSON schema at all.",
    "parallel_field": "False for servers that do not know `parallel_tool_calls`.",
    "reasoning_effort": "Sent as it stands, for models that reason.",
    "left_out": "Fields that the server refuses and that only steer chance.",
}
ANTHROPIC = {
    "max_tokens": "Sent where a request sets no limit.",
    "sampling": "Sends temperature, top_p and top_k; Anthropic's own API knows them no more.",
    "thinking": "Whether the model thinks before it answers; `default` is what it does by itself.",
    "effort": "How much the model thinks and writes.",
}
COPILOT = {
    "cli_path": "Absolute path of the runtime you installed; without it the row is not served.",
    "processes": "The most answers at once, each of which is a process.",
    "hosts": "Where the runtime goes, for `podium policy network`.",
    "left_out": "Fields that the runtime does not take and that requests may have all the same.",
    "connect_s": "Longest wait for the runtime to start, in seconds.",
    "silence_s": "Longest wait between two events, in seconds.",
}
GEMINI = {
    "api_version": "The version in the address.",
    "thoughts": "Asks for summaries of the model's thinking.",
    "thinking_level": "How much the model thinks.",
}

IMAGES = {
    "base64_field": "Sends `response_format: b64_json`, for servers that answer with addresses.",
    "quality_field": "Whether the server takes `quality`.",
    "format_field": "Whether the server takes `output_format`.",
}
GEMINI_IMAGES = {
    "api_version": "The version in the address.",
    "many": "Whether the model makes several pictures of one prompt.",
}
IMAGINE = {
    "submit_path": "Where a request is posted, behind `base_url`.",
    "poll_path": "Where a job is asked about; `{id}` stands for its id.",
    "prompt_field": "Name of the prompt in a request.",
    "model_field": "Name of `vendor_model` in a request; so for the next five, of each wish.",
    "n_field": "How many pictures.",
    "size_field": "WIDTHxHEIGHT.",
    "quality_field": "The quality.",
    "seed_field": "The seed.",
    "format_field": "The format of the file.",
    "fixed": "Fields that every request has.",
    "id_at": "Place of a job's id in the answer, names with dots between them.",
    "status_at": "Place of its status.",
    "assets_at": "Place of the addresses of its pictures: one, or a list.",
    "model_at": "Place of the model's name, which is compared.",
    "done": "Words for a job that is done.",
    "failed": "Words for one that failed; any other word is one under way.",
    "asset_hosts": "The only hosts from which pictures are fetched, with a port if it is not 443.",
    "private_assets": "Whether these hosts may have addresses that are not public.",
    "webhook_field": "The field that tells the server where to call when a job has ended.",
    "webhook_url": "Where it reaches this Podium: scheme and host, nothing after them.",
    "key_header": "Header of the key.",
    "key_prefix": "What stands before the key.",
}
EMBEDDER = {
    "device": "Where it runs.",
    "threads": "Threads on a CPU.",
    "batch_tokens": "Tokens in one batch.",
    "query_prefix": "Words that the model wants before a query.",
    "document_prefix": "Words that it wants before a document.",
    "digest": "Refuses weights of another digest; the row's own `digest` covers every file.",
}
DIFFUSERS = {
    "device": "Where it runs.",
    "dtype": "Type of the weights in memory.",
    "steps": "Steps of the scheduler for one picture.",
    "guidance": "How closely the prompt is followed; by default the pipeline's own.",
    "size": "Size of a picture when none is asked for.",
    "largest": "The longest side that may be asked for, in pixels.",
    "multiple": "Sides must be a multiple of this.",
}


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            "## A model card\n",
            table(ModelCard, CARD),
            "\n## `engine` of dialect `vllm`\n",
            table(VllmSettings, VLLM),
            "\n## `engine` of dialect `ray_serve_llm`\n",
            table(RayLlmSettings, VLLM | RAY_LLM),
            "\n## `engine` of dialect `transformers`\n",
            table(TransformersSettings, TRANSFORMERS),
            "\n## `engine` of dialect `whisper`\n",
            table(WhisperSettings, WHISPER),
            "\n## `engine` of dialect `openai_compatible`\n",
            table(OpenAiSettings, OPENAI | WIRE),
            "\n## `engine` of dialect `anthropic`\n",
            table(AnthropicSettings, ANTHROPIC | WIRE),
            "\n## `engine` of dialect `gemini`\n",
            table(GeminiSettings, GEMINI | WIRE),
            "\n## `engine` of dialect `copilot`\n",
            table(CopilotSettings, WIRE | COPILOT),
            "\n## `engine` of dialect `images`\n",
            table(ImageSettings, IMAGES | WIRE),
            "\n## `engine` of dialect `gemini_images`\n",
            table(GeminiImageSettings, GEMINI_IMAGES | WIRE),
            "\n## `engine` of dialect `imagine`\n",
            table(ImagineSettings, IMAGINE | WIRE),
            "\n## `engine` of dialect `diffusers`\n",
            table(DiffusersSettings, DIFFUSERS),
            "\n## `engine` of dialect `embedder`\n",
            table(EmbedderSettings, EMBEDDER),
        ]
    )
