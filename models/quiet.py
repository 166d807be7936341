"""The environment that keeps every engine's library offline and free of telemetry."""

from __future__ import annotations

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    # Turned off, Ray still reports that it is turned off: to nobody, then.
    "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OTEL_SDK_DISABLED": "true",
    # Speech recognition loads it; otherwise it makes up an id of the device and sends events.
    "ORT_DISABLE_TELEMETRY": "1",
}


def quiet_environment() -> dict[str, str]:
    """The variables to set before an engine is imported; they win over what is there already."""
    return dict(QUIET)
