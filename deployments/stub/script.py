"""What the stub is told to do: rows taken in turn, the last one for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.errors import InvalidConfig
from models.strict_yaml import load, parse

Fault = Literal[
    "reset", "stall", "wrong_json", "wrong_type", "redirect", "oversized", "error_in_stream",
    "empty", "slow_header",
]  # fmt: skip


class Row(BaseModel):
    """One answer. `match` limits a row to prompts with that text; such rows come first, always.

    `reply` is said word by word, `words` times over; `{said}` in it is what was told last. `echo`
    says that alone, and calls the tools it was offered with values out of the text. `after` is the
    event of the stream behind which a fault strikes, -1 for before the first one. `status` answers
    with an error of that status, `code` is its code. `reason` is why it ends, in the dialect's own
    word. `pace` is words a second, `delay` how many seconds pass before the answer begins.
    `headers` come with the answer of a chat, as limits do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str | None = None
    reply: str = "This is the stub; no provider was asked."
    words: Annotated[int, Field(ge=1)] | None = None
    status: Annotated[int, Field(ge=300, le=599)] | None = None
    code: str | None = None
    retry_after: float | None = None
    fault: Fault | None = None
    after: Annotated[int, Field(ge=-1)] = 2
    pace: Annotated[float, Field(gt=0)] | None = None
    delay: Annotated[float, Field(ge=0)] = 0.0
    model: str | None = None
    echo: bool = False
    reasoning: str = ""
    refusal: str = ""
    reason: str | None = None
    cached: Annotated[int, Field(ge=0)] = 0
    headers: dict[str, str] = Field(default_factory=dict)


class ScriptFile(BaseModel):
    """The fields of a script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Annotated[tuple[Row, ...], Field(min_length=1)] = (Row(),)


class Script:
    """Gives the row for a prompt."""

    def __init__(self, rows: tuple[Row, ...] = (Row(),)) -> None:
        self._matched = tuple(row for row in rows if row.match is not None)
        self._turns = [row for row in rows if row.match is None] or [Row()]

    def row(self, prompt: str) -> Row:
        """The first row that matches, else the next in turn."""
        for row in self._matched:
            if row.match is not None and row.match in prompt:
                return row
        return self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]


# Scripts by name, for `podium stub --script`.
NAMED = {"tool-echo": (Row(echo=True),)}


def read_script(path: Path) -> Script:
    """A named script, or that in a YAML or JSON file; raises InvalidConfig naming the field."""
    if str(path) in NAMED:
        return Script(NAMED[str(path)])
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"{path.name} can't be read: {error.strerror}.", param="script") from (
            error
        )
    return Script(parse(ScriptFile, load(text, path.name), path.name).rows)
