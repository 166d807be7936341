"""Which returned names count as the model that was asked for."""

from __future__ import annotations

import pytest

from models.remote.returned_model import is_same_model

SAME = (
    ("gpt-5.5", "gpt-5.5"),
    ("gpt-5.5", "GPT-5.5"),
    ("gpt-5.5", "gpt-5.5-2026-03-01"),
    ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
    ("gemini-3.8-flash", "models/gemini-3.8-flash"),
    ("gemini-3.8-flash", "gemini-3.8-flash-latest"),
    ("mistral-large-latest", "mistral-large-2512"),
    ("mistral-large-latest", "mistral-large-4"),
    ("mistral-large-latest", "mistral-large-latest"),
    ("model", "model@20260101"),
)
OTHER = (
    ("gpt-5", "gpt-5.5"),
    ("gpt-5", "gpt-5-mini"),
    ("gpt-5", "gpt-5-mini-2026-01-01"),
    ("claude-sonnet-4", "claude-sonnet-4-5"),
    ("claude-sonnet-5-5", "deepseek-flash"),
    ("mistral-large-latest", "mistral-small-2603"),
    ("mistral-large-latest", "mistral-large-mini"),
    ("gpt-5.5", "gpt-5"),
)


@pytest.mark.parametrize("case", SAME, ids=lambda case: case[1])
def test_the_same(case: tuple[str, str]) -> None:
    assert is_same_model(*case)


@pytest.mark.parametrize("case", OTHER, ids=lambda case: case[1])
def test_another(case: tuple[str, str]) -> None:
    assert not is_same_model(*case)
    assert is_same_model(*case, [case[1]])
