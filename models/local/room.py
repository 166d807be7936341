"""How many tokens an answer may have."""

from __future__ import annotations

from models.errors import ContextLengthExceeded
from models.messages import Sampling


def room_for(sampling: Sampling, prompt_tokens: int, window: int) -> int:
    """The most tokens of one answer; raises ContextLengthExceeded when the window is too small."""
    room = window - prompt_tokens
    wanted = sampling.max_tokens
    if wanted is not None and sampling.shortens:
        wanted = max(1, min(wanted, room))
    if room < 1 or (wanted is not None and wanted > room):
        raise ContextLengthExceeded(
            f"This model's window is {window} tokens; the messages take {prompt_tokens}"
            f" and the answer may take {wanted or 1}. Shorten the messages or max_tokens.",
            param="messages",
        )
    return wanted if wanted is not None else room
