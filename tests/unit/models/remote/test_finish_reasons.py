"""Every reason that a provider's own types know ends as one of ours, or as a typed error."""

from __future__ import annotations

from typing import get_args

import pytest
from anthropic.types import StopReason
from google.genai.types import FinishReason

from models.messages import ChatDelta
from models.remote import anthropic_events, gemini_chunks
from models.remote.gemini_chunks import GeminiReader
from models.remote.provider_errors import EndedBadly


def test_anthropics() -> None:
    known = set(get_args(StopReason))
    assert set(anthropic_events.REASONS) == known - {"pause_turn"}


GEMINI_FAULTS = {
    "FINISH_REASON_UNSPECIFIED", "LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL", "IMAGE_OTHER",
    "NO_IMAGE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE", "PUP_LIMITED_DISABLED", "CONTINUATION",
}  # fmt: skip


@pytest.mark.parametrize("reason", [one.value for one in FinishReason])
def test_geminis(reason: str) -> None:
    reader = GeminiReader()
    piece = {"candidates": [{"finishReason": reason}]}
    if reason in GEMINI_FAULTS:
        with pytest.raises(EndedBadly):
            list(reader.deltas(piece))
        assert not reader.whole
    else:
        wanted = gemini_chunks.REASONS[reason]
        assert list(reader.deltas(piece)) == [ChatDelta(finish_reason=wanted)]
        assert reader.whole


def test_a_blocked_prompt_is_a_filtered_one() -> None:
    with pytest.raises(EndedBadly) as caught:
        list(GeminiReader().deltas({"promptFeedback": {"blockReason": "SAFETY"}}))
    assert caught.value.code == "content_filter"
