"""Doing an act: its intent first, the tool once, what became of it after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from models.deadline import Deadline
from models.errors import InvalidRequest, PodiumError
from models.tools import ToolCall, ToolCard, ToolResult
from router.acts.act import Act, ActStatus

Call = Callable[[ToolCall, Deadline], Awaitable[ToolResult]]


class Book(Protocol):
    """What performing needs of the book of acts, wherever it is kept."""

    async def begin(self, act: Act, deadline: Deadline) -> bool:
        """As ActBook.begin."""

    async def end(
        self, act: Act, status: ActStatus, error_code: str | None, deadline: Deadline
    ) -> None:
        """As ActBook.end."""


async def perform(act: Act, card: ToolCard, book: Book, call: Call, deadline: Deadline) -> None:
    """Do the act once, whoever else tries; raises what kept it from being done."""
    if await book.begin(act, deadline):
        await finish(act, card, book, call, deadline)


async def finish(act: Act, card: ToolCard, book: Book, call: Call, deadline: Deadline) -> None:
    """Call the tool for an act that was begun, here or before a crash."""
    wanted = ToolCall(act.action, act.key, act.arguments or {})
    try:
        await call(wanted, deadline)
    except PodiumError as error:
        await book.end(act, _after(error, card, act), error.code, deadline)
        raise
    await book.end(act, "done", None, deadline)


def _after(error: PodiumError, card: ToolCard, act: Act) -> ActStatus:
    """A refusal did nothing. Any other error may come after the deed.

    Who may ask again does, once people have agreed to it; nobody waits for an act that no person
    knows of.
    """
    if isinstance(error, InvalidRequest):
        return "failed"
    if not card.idempotent:
        return "unknown"
    return "approved" if act.needed else "failed"
