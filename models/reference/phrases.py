"""The files of ``grammar/``: named entries of lines that ``utterances`` turns into English."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("grammar")

CONTRACTIONS: tuple[tuple[str, str], ...] = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"),
    ("cannot", "can't"), ("will not", "won't"), ("has not", "hasn't"), ("have not", "haven't"),
    ("I am", "I'm"), ("I have", "I've"), ("I would", "I'd"), ("I will", "I'll"),
    ("It is", "It's"), ("it is", "it's"), ("What is", "What's"), ("That is", "That's"),
    ("Where is", "Where's"), ("There is", "There's"), ("was not", "wasn't"),
)  # fmt: skip


@lru_cache(maxsize=8)
def _file(name: str) -> dict[str, tuple[str, ...]]:
    """Read a file of ``[entry]`` headings with a line for each alternative; # begins a comment."""
    entries: dict[str, list[str]] = {}
    open_entry: list[str] = []
    for line in (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            open_entry = entries.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            open_entry.append(line)
    return {entry: tuple(lines) for entry, lines in entries.items()}


def callers(entry: str) -> tuple[str, ...]:
    """Give an entry of what callers say."""
    return _file("callers")[entry]


def documents(entry: str) -> tuple[str, ...]:
    """Give an entry of what documents say or are asked; one that is not there is empty."""
    return _file("documents").get(entry, ())


@lru_cache(maxsize=8)
def parts(entry: str) -> dict[str, str]:
    """Give the named parts of a sentence, each ``one alternative|another``."""
    return dict(line.split(": ", 1) for line in _file("parts")[entry])
