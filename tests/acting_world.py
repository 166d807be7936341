"""Tools that write down what they were told to do, for models that may want anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.deadline import Deadline
from models.errors import PodiumError
from models.tools import ToolCard
from router.acts.act import Act

NOTE = ToolCard("crm_write", "crm_notes", {"customer": "str", "note": "str"}, "a note", True)
MAIL = ToolCard("mail", "web", {"to": "str", "body": "str"}, "a mail", False)
CODE = ToolCard("run_code", "tool", {"code": "str"}, "anything", False)
CARDS: Mapping[str, ToolCard] = {one.action: one for one in (NOTE, MAIL, CODE)}


@dataclass
class KeptActs:
    """The Acts of a test: what waits, what was done, or an error instead."""

    cards: Mapping[str, ToolCard] = field(default_factory=lambda: CARDS)
    asked: list[Act] = field(default_factory=list)
    done: list[Act] = field(default_factory=list)
    error: PodiumError | None = None

    def card(self, action: str) -> ToolCard | None:
        return self.cards.get(action)

    async def ask(self, act: Act, deadline: Deadline) -> None:
        self._fail()
        self.asked.append(act)

    async def perform(self, act: Act, deadline: Deadline) -> None:
        self._fail()
        self.done.append(act)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
