"""A turn and its clips: what was said between two silences, and how far it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.live.agreement import Agreement, Words

BYTES_A_SAMPLE = 2


@dataclass(slots=True)
class Clip:
    """A stretch of speech heard as one; `start` and `end` are frames, `end` None while it goes on.

    `asked` is how many bytes of it the newest hypothesis was about.
    """

    start: int
    end: int | None = None
    audio: bytearray = field(default_factory=bytearray, repr=False)
    asked: int = 0
    said: Agreement = field(default_factory=Agreement)
    text: Words | None = field(default=None, repr=False)

    @property
    def closed(self) -> bool:
        """Whether nothing more comes."""
        return self.end is not None

    def settle(self, words: Words) -> tuple[Words, int]:
        """Take the final pass; the words still to show, and how many shown ones it revised."""
        settled = self.said.settle(words)
        self.text = words
        self.audio.clear()
        return settled.rest, settled.revised


@dataclass(slots=True)
class Turn:
    """`frames` counts the whole turn's audio; `shown` says whether any word was shown yet."""

    item: str
    clips: list[Clip] = field(default_factory=list)
    ended: bool = False
    frames: int = 0
    shown: bool = False
    revised: int = 0

    @property
    def written(self) -> bool:
        """Whether the final pass over every clip is done and no clip will follow."""
        return self.ended and all(clip.text is not None for clip in self.clips)

    @property
    def waiting(self) -> Clip | None:
        """The first clip without a final text."""
        return next((clip for clip in self.clips if clip.text is None), None)

    def transcript(self) -> str:
        """The final text of all clips."""
        return " ".join(word for clip in self.clips for word in clip.text or ())

    def show(self, words: Words) -> str:
        """The words as they follow what was shown."""
        text = " ".join(words)
        text = f" {text}" if self.shown and text else text
        self.shown = self.shown or bool(words)
        return text
