"""Restoring in a stream: the same text comes out however the answer is cut into pieces."""

from __future__ import annotations

from collections.abc import Callable

from router.label import Clearance
from router.pseudonyms.places import Places
from router.pseudonyms.spelling import BEGUN, LONGEST, OPENING, SPELLED, spelled_token
from router.pseudonyms.vault import Vault

Writing = Callable[[str], str]


def as_it_is(value: str) -> str:
    """How a value is written into running text."""
    return value


class StreamRestorer:
    """Puts values back for one answer into one sink.

    `unknown` lists tokens that this session never issued, each once: raise an alarm. `kept` lists
    tokens of this session left standing, for their place, the sink's clearance or their expiry.
    `writing` says how a value is spelled in the answer, where that is not running text.
    """

    def __init__(self, vault: Vault, sink: Clearance, *, writing: Writing = as_it_is) -> None:
        self._vault = vault
        self._sink = sink
        self._writing = writing
        self._places = Places()
        self._held = ""
        self._unknown: dict[str, None] = {}
        self._kept: dict[str, None] = {}

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self._unknown)

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(self._kept)

    @property
    def held(self) -> int:
        """Characters held back now; always fewer than LONGEST."""
        return len(self._held)

    def feed(self, chunk: str) -> str:
        """What may go out after this piece of the answer."""
        text, at, out = self._held + chunk, 0, list[str]()
        self._held = ""
        while (opening := OPENING.search(text, at)) is not None:
            out.append(self._pass(text[at : opening.start()]))
            at = opening.start()
            if (spelled := SPELLED.match(text, at)) is not None:
                out.append(self._restored(spelled[0]))
                at = spelled.end()
            elif len(text) - at < LONGEST and BEGUN.match(text, at) is not None:
                self._held = text[at:]
                return "".join(out)
            else:
                out.append(self._pass(text[at]))
                at += 1
        out.append(self._pass(text[at:]))
        return "".join(out)

    def finish(self) -> str:
        """What was still held back, the answer being over."""
        rest, self._held = self._held, ""
        return self._pass(rest)

    def _pass(self, text: str) -> str:
        self._places.feed(text)
        return text

    def _restored(self, spelling: str) -> str:
        token = spelled_token(spelling)
        if token is None:
            return self._pass(spelling)
        state = self._vault.state(token)
        value = self._vault.reveal(token, self._sink) if self._places.running_text else None
        if value is None:
            (self._unknown if state == "foreign" else self._kept)[token.text] = None
            return self._pass(spelling)
        written = self._pass(self._writing(value))
        # A value that brings a backtick of its own leaves open what is code after it.
        self._places.lost = self._places.lost or "`" in value
        return written
