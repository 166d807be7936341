"""Under which licence weights come: from the model card's front matter, else the licence file."""

from __future__ import annotations

import re
from pathlib import Path

_LICENCE_LINE = re.compile(r"^license(_name)?:\s*[\"']?([A-Za-z0-9.+_ -]+?)[\"']?\s*$", re.M)
_KNOWN = {
    "apache-2.0": ("Apache License", "Version 2.0"),
    "mit": ("MIT License",),
    "bsd-3-clause": ("Redistribution and use", "Neither the name"),
}
_READ_AT_MOST = 100_000


def licence_of(folder: Path) -> str | None:
    """The licence's name as its owner writes it, or None when nothing tells."""
    return _from_card(folder / "README.md") or _from_file(folder)


def _from_card(card: Path) -> str | None:
    text = _text(card)
    if not text.startswith("---\n"):
        return None
    matter = text[4:].split("\n---", 1)[0]
    found = {name or "": value for name, value in _LICENCE_LINE.findall(matter)}
    if found.get("") in (None, "other"):
        return found.get("_name") or found.get("")
    return found[""]


def _from_file(folder: Path) -> str | None:
    files = sorted(p for p in folder.iterdir() if p.name.upper().startswith(("LICENSE", "LICENCE")))
    if not files:
        return None
    text = _text(files[0])
    for name, marks in _KNOWN.items():
        if all(mark in text for mark in marks):
            return name
    return f"see {files[0].name}"


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_READ_AT_MOST)
    except OSError:
        return ""
