"""A live line as people watch it: words that stand, the guess after them in grey, the answer."""

from __future__ import annotations

import sys
from typing import Any

from deployments.cli.output import note, stream, visible
from deployments.cli.run_view import RunView

_TRANSCRIPTION = "conversation.item.input_audio_transcription"
_GREY, _PLAIN, _WIPE = "\x1b[90m", "\x1b[0m", "\x1b[0K"


class TalkView:
    """Shows events one by one; `run` is the last pipeline's result. Guesses need a terminal."""

    def __init__(self, terminal: bool | None = None) -> None:
        self._terminal = sys.stdout.isatty() if terminal is None else terminal
        self._speaking = False
        self._said = ""
        self._answer = RunView()
        self.run: dict[str, Any] | None = None

    def show(self, event: dict[str, Any]) -> None:
        """Show what an event adds."""
        kind = event["type"]
        if kind == f"{_TRANSCRIPTION}.delta":
            self._words(event["delta"])
        elif kind == "podium.hypothesis":
            self._guess(event["text"])
        elif kind == f"{_TRANSCRIPTION}.completed":
            self._completed(event)
        elif kind == f"{_TRANSCRIPTION}.failed":
            self._end_line()
            note(f"A turn was not heard: {event['error'].get('message')}")
        elif kind == "podium.run":
            self._answered(event["event"])

    def _words(self, text: str) -> None:
        if not self._speaking:
            stream("> ")
        self._wipe()
        self._speaking = True
        self._said += text
        stream(text)

    def _guess(self, text: str) -> None:
        if self._terminal and text:
            if not self._speaking:
                stream("> ")
                self._speaking = True
            # The cursor stays where the words that stand end.
            sys.stdout.write(f"\x1b7{_WIPE}{_GREY} {visible(text)}{_PLAIN}\x1b8")
            sys.stdout.flush()

    def _completed(self, event: dict[str, Any]) -> None:
        said, self._said = self._said, ""
        self._end_line()
        if event["transcript"] and event["route"]["revised_words"]:
            note(f"heard again: {event['transcript']}")
        elif event["transcript"] and not said:
            stream(f"> {event['transcript']}\n")

    def _answered(self, event: dict[str, Any]) -> None:
        self._answer.show(event)
        if isinstance(event.get("run"), dict):
            self.run = event["run"]
            self._answer.finish(event["run"])
            self._answer = RunView()
        elif event.get("type") == "run.failed":
            note(f"Error: {event['error'].get('message')}")

    def _end_line(self) -> None:
        if self._speaking:
            self._wipe()
            stream("\n")
        self._speaking = False

    def _wipe(self) -> None:
        if self._terminal:
            sys.stdout.write(_WIPE)
