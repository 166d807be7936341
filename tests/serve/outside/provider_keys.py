"""The provider keys that the instance is started with."""

from __future__ import annotations

KEY_NAMES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY")
KEY = "sk-canary-of-the-environment-0001"
