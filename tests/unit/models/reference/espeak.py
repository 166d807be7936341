"""A stand-in for espeak-ng, so that the recording code runs where that program is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_PROGRAM = """\
#!{python}
import math, struct, sys, wave
text = sys.argv[-1]
with wave.open(sys.stdout.buffer, "wb") as file:
    file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
    tones = (3000 * math.sin(i * ord(text[i % len(text)]) / 900) for i in range(400 * len(text)))
    file.writeframes(b"".join(struct.pack("<h", int(tone)) for tone in tones))
"""


@pytest.fixture
def espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts a program on the PATH that hums a tune of the text instead of speaking it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "espeak-ng"
    program.write_text(_PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return program
