"""Which requests should meet the same replica, because one's prompt begins with the other's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from models.messages import ChatRequest


def conversation(request: ChatRequest) -> str:
    """The same for every turn of one conversation of one tenant, for that alone.

    A turn repeats all before it, so what is said first, up to the user's first words, tells them.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in (request.cache_salt or "", request.model, *_first(request)):
        digest.update(len(part).to_bytes(8, "big") + part.encode(errors="surrogatepass"))
    return digest.hexdigest()


def conversation_of(arguments: Sequence[object]) -> str | None:
    """The conversation that a call of a chat model belongs to; None for any other call."""
    first = arguments[0] if arguments else None
    return conversation(first) if isinstance(first, ChatRequest) else None


def _first(request: ChatRequest) -> list[str]:
    said: list[str] = []
    for message in request.messages:
        said += [message.role, message.content]
        if message.role == "user":
            break
    return said
