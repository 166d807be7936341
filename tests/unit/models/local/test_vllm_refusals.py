"""What vLLM refuses is told in our own words: its text repeats values, and those may be content."""

from __future__ import annotations

import pytest

from models.errors import ContextLengthExceeded, InvalidRequest, UnsupportedParameter
from models.local.vllm_refusals import refusal

SECRET = "the patient's name is Ada"
CASES = (
    (f"This model's maximum context length is 512 tokens: {SECRET}", "input_tokens",
     ContextLengthExceeded, "messages"),
    (f"max_model_len exceeded by {SECRET}", None, ContextLengthExceeded, "messages"),
    (f"temperature must be low (parameter=temperature, value={SECRET})", "temperature",
     UnsupportedParameter, "temperature"),
    (f"Requested sample logprobs of {SECRET}", "logprobs", UnsupportedParameter, "top_logprobs"),
    (f"Grammar error: {SECRET} is no keyword", None, UnsupportedParameter, "response_format"),
    (f"Conversation roles must alternate user/assistant, not {SECRET}", None, InvalidRequest,
     "messages"),
    (f"something about {SECRET}", "a parameter of vLLM's own", InvalidRequest, None),
    (SECRET, SECRET, InvalidRequest, None),
)  # fmt: skip


@pytest.mark.parametrize(("text", "parameter", "kind", "param"), CASES)
def test_refusals(text: str, parameter: str | None, kind: type, param: str | None) -> None:
    assert SECRET in text
    error = refusal("mistral", text, parameter)
    assert type(error) is kind and error.param == param
    assert SECRET not in f"{error.message} {error.param}"
    assert "mistral" in error.message or kind is ContextLengthExceeded
