"""Every text of a request's body, by the source it counts as: what the detectors read.

A body is walked as a whole, so that a field that is added one day is read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from deployments.wire.chat_body import ChatBody

_OURS = frozenset({"model", "route"})
"""For Podium itself: no model is shown them."""
_CLOSED = frozenset({"role", "type", "service_tier", "modalities", "prompt_cache_retention"})
"""One of a few words of the protocol."""
_SOUND = frozenset({"input_audio"})
"""Of audio the transcript is read."""
_SKIPPED = _OURS | _CLOSED | _SOUND


def chat_texts(body: ChatBody) -> dict[str, list[str]]:
    """The results of tools count as `tool`, everything else as the `user`'s."""
    tools = [one for one in body.messages if one.role == "tool"]
    told = [text for one in tools for text in texts(one)]
    mine = [text for one in body.messages if one.role != "tool" for text in texts(one)]
    others = {name: value for name, value in body if name != "messages"}
    found = {"user": [*mine, *_fields(others)]}
    return found | {"tool": told} if tools else found


def texts(value: Any) -> Iterator[str]:
    """The texts of a value in order, names of free fields and whole numbers among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from _fields(dict(value))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(name)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))


def _fields(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if name not in _SKIPPED:
            yield from texts(value)
