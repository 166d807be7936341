"""Catalog rows of models outside, for tests."""

from __future__ import annotations

from typing import Any

from models.catalog import ModelCard


def remote_card(base_url: str | None = "https://provider.test/v1", **fields: Any) -> ModelCard:
    """A row of OpenAI's dialect at the site `openai`, cleared for INTERNAL."""
    row = {
        "id": "chatgpt",
        "dialect": "openai_compatible",
        "base_url": base_url,
        "vendor_model": "vendor-1",
        "key_env": "OPENAI_API_KEY",
        "site": "openai",
        "region": "us",
        "clearance": {"level": "INTERNAL"},
        "capabilities": ["chat", "tools", "json_schema"],
        "allow_insecure": True,
    }
    return ModelCard.model_validate(row | fields)


def claude_card(base_url: str = "https://provider.test", **fields: Any) -> ModelCard:
    """A row of Anthropic's dialect at the site `anthropic`."""
    row = {"id": "claude", "dialect": "anthropic", "key_env": "ANTHROPIC_API_KEY"}
    return remote_card(base_url, **row | {"site": "anthropic"} | fields)


def gemini_card(base_url: str = "https://provider.test", **fields: Any) -> ModelCard:
    """A row of Gemini's dialect at the site `google`."""
    row = {"id": "gemini", "dialect": "gemini", "key_env": "GEMINI_API_KEY"}
    return remote_card(base_url, **row | {"site": "google"} | fields)


def gemini_images_card(base_url: str = "https://provider.test", **fields: Any) -> ModelCard:
    """A row of Gemini's models for pictures at the site `google`."""
    row = {"id": "gemini-images", "dialect": "gemini_images", "capabilities": ["images_out"]}
    return gemini_card(base_url, **row | {"vendor_model": "vendor-image-1"} | fields)


def images_card(base_url: str = "https://provider.test/v1", **fields: Any) -> ModelCard:
    """A row of OpenAI's image dialect at the site `openai`."""
    row = {"id": "openai-images", "dialect": "images", "vendor_model": "vendor-image-1"}
    return remote_card(base_url, **row | {"capabilities": ["images_out"]} | fields)
