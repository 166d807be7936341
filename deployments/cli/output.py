"""What a command prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST = 10_000


def emit(document: Any) -> None:
    """Print the one JSON document of a command run with --json."""
    shown = sys.stdout.isatty()
    text = json.dumps(document, ensure_ascii=not shown, indent=2 if shown else None)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def emit_line(document: Any) -> None:
    """Print one line of JSONL at once."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a line for people on stdout."""
    sys.stdout.write(f"{visible(text)}\n")
    sys.stdout.flush()


def stream(text: str) -> None:
    """Print a piece of a growing answer at once."""
    sys.stdout.write(visible(text))
    sys.stdout.flush()


def note(text: str) -> None:
    """Print a line about progress or a warning on stderr."""
    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def stderr_console() -> Console:
    """Where progress bars go."""
    return Console(stderr=True)


def show_table(columns: tuple[str, ...], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout, a row a line however narrow the terminal: ids stay whole.

    An empty one prints only its head.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    Console(width=Console(width=_WIDEST).measure(table).maximum or 1).print(table)


def visible(text: str) -> str:
    """The text without control characters: no document may steer the reader's terminal."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
