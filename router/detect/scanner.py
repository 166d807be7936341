"""Scanning beside the event loop: short texts at once, longer ones on a thread, none for ever."""

from __future__ import annotations

import asyncio
import logging
import string
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from router.detect.look import look
from router.detect.scan import Scan

log = logging.getLogger("podium.detect")
INLINE = 6_000
_LETTERS = str.maketrans("", "", string.ascii_letters + " .,?!'\n")
_ODD = 30
UNREAD = Scan((), complete=False)
"""Of a text that nobody could read: its label is the top."""


class Look(Protocol):
    """Reads one text within `budget_s` seconds."""

    def __call__(self, text: str, spoken: bool, budget_s: float) -> Scan:
        """What is in it."""


def weight(text: str) -> int:
    """What a text costs to read, in characters of prose: a digit or a sign costs as much as 30."""
    return len(text) + _ODD * len(text.translate(_LETTERS))


class Scanner:
    """Reads texts for everybody on one event loop; remembers none.

    A text that weighs at most `inline` is read at once, in one or two milliseconds, one made to be
    slow in six; see `weight`. A thread would not spare the loop that: it holds the interpreter's
    lock for up to five at a time. Any other is read on a thread, those of over `long` characters on
    threads of their own, so that a few of them keep nobody waiting. A text not read after
    `answer_s` seconds, its turn included, is `UNREAD`, and so is one that its reader failed on.
    """

    def __init__(
        self,
        look: Look = look,
        *,
        inline: int = INLINE,
        long: int = 16_000,
        budget_s: float = 0.4,
        answer_s: float = 0.6,
    ) -> None:
        self._look = look
        self._inline = inline
        self._long = long
        self._budget_s = budget_s
        self._answer_s = answer_s
        self._short_texts = ThreadPoolExecutor(2, "scan-short")
        self._long_texts = ThreadPoolExecutor(2, "scan-long")

    async def scan(self, texts: Iterable[str], *, spoken: bool = False) -> Scan:
        """What is in the texts, read as one, a line each; never raises."""
        text = "\n".join(texts)
        seen = Scan((), complete=True)
        if text:
            seen = await self._within(text, spoken)
        if not seen.complete:
            log.warning("a text was not read to its end", extra={"characters": len(text)})
        return seen

    async def _within(self, text: str, spoken: bool) -> Scan:
        if len(text) <= self._inline and weight(text) <= self._inline:
            return self._read(text, spoken)
        pool = self._short_texts if len(text) <= self._long else self._long_texts
        reading = asyncio.get_running_loop().run_in_executor(
            pool, partial(self._read, text, spoken)
        )
        done, _ = await asyncio.wait({reading}, timeout=self._answer_s)
        if not done:
            reading.cancel()
        return reading.result() if done else UNREAD

    def _read(self, text: str, spoken: bool) -> Scan:
        try:
            return self._look(text, spoken, self._budget_s)
        except Exception:
            return UNREAD
