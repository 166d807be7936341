"""Messages as they travel between processes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields

import pytest

from models.messages import ChatDelta, TokenLogprob, ToolCallDelta, Usage

FULL = ChatDelta(
    index=2,
    text="a",
    reasoning="b",
    tool_calls=(ToolCallDelta(index=0, id="call", name="f", arguments="{}"),),
    logprobs=(TokenLogprob("a", -1.0, ()),),
    finish_reason="stop",
    usage=Usage(prompt_tokens=3),
)
ONE_FIELD_EACH = [
    ChatDelta(**{field.name: getattr(FULL, field.name)}) for field in fields(ChatDelta)
]


@pytest.mark.parametrize("delta", [ChatDelta(), FULL, *ONE_FIELD_EACH])
def test_a_delta_arrives_as_it_was_sent(delta: ChatDelta) -> None:
    assert pickle.loads(pickle.dumps(delta)) == delta  # noqa: S301 - our own bytes
    assert copy.deepcopy(delta) == delta
