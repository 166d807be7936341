"""Loggers of Ray Serve LLM's libraries that would write content, and are silenced."""

from __future__ import annotations

import logging

# vLLM's server logs requests that it refuses, with what stood in them; Ray's own orchestration
# logs the refusal that a copy which reads prompts answered with.
LOGGERS = ("vllm.entrypoints", "ray.llm._internal.serve.serving_patterns.prefill_decode")


def silence() -> None:
    """Keep what was asked out of the replica's log; their own children hold their tongue, too."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
