"""Every text of a request's body, by the source it counts as: what the detectors read.

A body is walked as a whole, so that a field that is added one day is read, too; what a client left
out is Podium's own default and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from deployments.wire.chat_body import ChatBody
from router.detect.texts import texts

_OURS = frozenset({"model", "route"})
"""For Podium itself: no model is shown them."""
_CLOSED = frozenset({"role", "type", "service_tier", "modalities", "prompt_cache_retention"})
"""One of a few words of the protocol."""
_SOUND = frozenset({"input_audio"})
"""Of audio the transcript is read."""
_SIGHT = frozenset({"image_url"})
"""A picture, which nothing here can read: its label is the policy's for `picture`."""
_SKIPPED = _OURS | _CLOSED | _SOUND | _SIGHT


def chat_texts(body: ChatBody) -> dict[str, list[str]]:
    """The results of tools count as `tool`, everything else as the `user`'s."""
    tools = [one for one in body.messages if one.role == "tool"]
    others = [one for one in body.messages if one.role != "tool"]
    fields = [inner for inner in _fields(body) if inner is not body.messages]
    found = {"user": list(texts([*others, *fields], _fields))}
    return found | {"tool": list(texts(tools, _fields))} if tools else found


def body_texts(body: BaseModel) -> Iterator[str]:
    """Those of any body."""
    return texts(body, _fields)


def _fields(value: Any) -> Iterable[Any]:
    if not isinstance(value, BaseModel):
        return ()
    sent = value.model_fields_set
    return [
        inner
        for name, inner in value
        if name in sent and inner is not None and name not in _SKIPPED
    ]
