"""`podium policy scan`: what the detectors find in a text, and the label that follows."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.finding_names import name_of
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, emit_line, note, say
from deployments.cli.policy_source import PolicyOption, warn_of_source, workplace
from models.errors import InvalidRequest
from router.detect.finding import TAINT
from router.detect.look import look
from router.detect.raises import Raises
from router.detect.scan import Scan
from router.label import LEAST, Label
from router.policy_words import described

_LONGEST_PATH = 1024
_FILE = re.compile(r"\S*/\S*(?<!/)|\S+\.(txt|md|csv|jsonl?|html?|pdf|log|eml)", re.IGNORECASE)


def scan_text(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT|FILE", help="A text, a file, or - for stdin.")
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='One {"text": …} or one string a line; - is stdin.'),
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="S", help="Join in the label of a source.")
    ] = None,
    spoken: Annotated[bool, typer.Option(help="Read it as a transcript.")] = False,
    policy: PolicyOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show what the detectors find, by place and never by content, and the label that follows."""
    asked = workplace(home).policy(policy)
    warn_of_source(asked, source)
    own = LEAST if source is None else asked.source(source)
    raises = asked.raises(source)
    if (text is None) == (jsonl is None):
        raise InvalidRequest("Say a text or --jsonl FILE, one of them.", param="TEXT|FILE")
    if jsonl is not None:
        _scan_lines(_lines(jsonl), raises, own, spoken, json_)
        return
    seen = look(_text(str(text)), spoken)
    if json_:
        emit(_found(seen, raises, own))
    else:
        _say(seen, raises, own)


def _scan_lines(
    lines: Iterator[str], raises: Raises, own: Label, spoken: bool, json_: bool
) -> None:
    for number, text in enumerate(lines, 1):
        seen = look(text, spoken)
        if json_:
            found = _found(seen, raises, own)
            emit_line({"line": number, "spans": found["spans"], "label": found["label"]})
        else:
            say(f"line {number}")
            _say(seen, raises, own)


def _found(seen: Scan, raises: Raises, own: Label) -> dict[str, Any]:
    data = [one for one in seen.findings if one.category != TAINT]
    return {
        "spans": [{"type": name_of(one), "start": one.start, "end": one.end} for one in data],
        "signs": sorted({one.type for one in seen.findings if one.category == TAINT}),
        "label": own.join(raises.label(seen)).public(),
        "complete": seen.complete,
    }


def _say(seen: Scan, raises: Raises, own: Label) -> None:
    for one in seen.findings:
        say(f"{name_of(one):<20} {one.start}-{one.end}")
    if not seen.findings and seen.complete:
        say("nothing found")
    if not seen.complete:
        say("The scan did not end, so the text counts as the highest.")
    say(f"label {described(own.join(raises.label(seen)))}")


def _text(word: str) -> str:
    """The text itself, or that of the file of this name."""
    if word == "-":
        return sys.stdin.read()
    try:
        path = Path(word)
        if path.is_file():
            return _read(path)
    except (OSError, ValueError):
        # Too long or too odd for a path: then it is a text.
        return word
    if len(word) <= _LONGEST_PATH and _FILE.fullmatch(word):
        note("There is no file of that name, so the words themselves are read.")
    return word


def _lines(path: Path) -> Iterator[str]:
    whole = sys.stdin.read() if str(path) == "-" else _read(path)
    # By line feeds alone: JSON may hold other marks that Python counts as ends of lines.
    for number, line in enumerate(whole.removesuffix("\n").split("\n"), 1):
        yield _line(number, line)


def _line(number: int, line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    text = found.get("text") if isinstance(found, dict) else found
    if not isinstance(text, str):
        raise InvalidRequest(
            f'Line {number} is neither a string nor an object with "text".', param="--jsonl"
        )
    return text


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise InvalidRequest(f"{path} can't be read: {error.strerror}.", param="FILE") from error
